import t from "tap";
import { splitShell } from "../../../src/compose/convert/command.ts";
import { keyTables, serviceKeys } from "../../../src/compose/convert/keys.ts";
import { recogniseProbe } from "../../../src/compose/convert/probe.ts";
import type { KeyRow, KeyTable } from "../../../src/compose/convert/row.ts";
import { isSecretName, looksSecret } from "../../../src/compose/convert/secret-looking.ts";
import { convertText } from "./converted.ts";

/** The keys of a service in the Compose Specification. */
const specified = `annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent
  cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy develop device_cgroup_rules devices dns
  dns_opt dns_search domainname entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image
  init ipc isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks
  oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider pull_policy pull_refresh_after
  read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits
  use_api_socket user userns_mode uts volumes volumes_from working_dir`;

t.test("every key of the specification has a row, and no other", async (t) => {
  t.same(Object.keys(serviceKeys).sort(), [...specified.split(/\s+/), "x-phoenix"].sort());
});

t.test("every row that is changed or not carried says what to do", async (t) => {
  const rows = (table: KeyTable<never>): readonly KeyRow<never>[] =>
    Object.values(table).flatMap((row) => [
      row,
      ...[row.keys, row.items, row.each].flatMap((below) => (below === undefined ? [] : rows(below))),
    ]);
  const all = Object.values(keyTables).flatMap((table) => rows(table as KeyTable<never>));
  t.ok(all.length > 200);
  t.same(
    all.filter(({ verdict, remedy = "" }) => (verdict === "carried") !== (remedy === "")),
    [],
  );
  t.same(
    all.filter(({ what }) => what === ""),
    [],
  );
});

t.test("500 services are converted within a second", async (t) => {
  const service = (index: number): string => `
  s${index}:
    image: ghcr.io/example/service:${index}
    command: run --port 8080 --name "service ${index}"
    restart: unless-stopped
    environment: {A: "1", B: two, C_TOKEN: abcdef, D: "with space"}
    ports: ["${10_000 + index}:8080"]
    volumes: ["data${index}:/data", "./conf:/etc/conf:ro"]
    networks: [front, back]
    depends_on: {s${index === 0 ? 499 : index - 1}: {condition: service_healthy}}
    healthcheck: {test: curl -f http://localhost:8080/health, interval: 10s, timeout: 3s, retries: 3}
    deploy: {resources: {limits: {cpus: "0.5", memory: 128m}}}`;
  const services = Array.from({ length: 500 }, (_, index) => service(index)).join("");
  const volumes = Array.from({ length: 500 }, (_, index) => `  data${index}: {}`).join("\n");
  const text = `services:${services}\nnetworks:\n  front: {}\n  back: {}\nvolumes:\n${volumes}\n`;
  // Processor time: what else the machine does is no matter.
  const started = process.cpuUsage();
  const { units, issues } = convertText(text);
  const { user, system } = process.cpuUsage(started);
  const tookMs = (user + system) / 1000;
  t.comment(`500 services with ${text.length} characters took ${Math.round(tookMs)} ms`);
  t.equal(units.length, 1002);
  t.same(issues, []);
  t.ok(tookMs < 3000, `${Math.round(tookMs)} ms; a slow machine has three times the second`);
});

t.test("commands are split as a shell would", async (t) => {
  const cases: readonly (readonly [string, readonly string[] | undefined])[] = [
    ["a  b\tc", ["a", "b", "c"]],
    ["a 'b c' \"d e\"", ["a", "b c", "d e"]],
    ['a\\ b \'c\\d\' "e\\"f\\g"', ["a b", "c\\d", 'e"f\\g']],
    ["a '' \"\"", ["a", "", ""]],
    ["a\\\nb", ["ab"]],
    ["x=$HOME", ["x=$HOME"]],
    ["it's", undefined],
    ["", []],
  ];
  for (const [text, words] of cases) t.same(splitShell(text), words, text);
});

t.test("health commands that only ask a port are recognised, others are not", async (t) => {
  const recognised: readonly (readonly [string, string])[] = [
    ["curl -f http://localhost:3000/api/health", "http://:3000/api/health"],
    ["curl --silent --fail 127.0.0.1:8080 > /dev/null 2>&1 || exit 1", "http://:8080/"],
    ["curl -sSfL -o /dev/null -m 3 https://localhost/x?y=1", "https://:443/x?y=1"],
    ["curl http://localhost:82", "tcp://:82"],
    ["/usr/bin/wget -qO- http://web:4002/health", "http://:4002/health"],
    ["wget --quiet --tries=1 --spider http://[::1]:80/ || exit 1", "http://:80/"],
    ["nc -zv 127.0.0.1 1025", "tcp://:1025"],
    ["pg_isready", "postgres://:5432"],
    ["pg_isready -d $${DB} -U x -h localhost -p 5433 -q", "postgres://:5433"],
    ["redis-cli --raw incr ping", ""],
    ["redis-cli ping | grep -q PONG", "redis://:6379"],
    ["valkey-cli -p 6380 ping", "redis://:6380"],
    ["bash -c ':> /dev/tcp/127.0.0.1/6001' || exit 1", "tcp://:6001"],
    ["curl -f -X POST http://localhost/", ""],
    ["curl -f http://localhost:8080/ && test -f /ok", ""],
    ["curl -f http://localhost:$${PORT}/", ""],
    ["curl -f http://other/", ""],
    ["curl -f http://localhost/ | grep ok", ""],
    ["curl -f `hostname`", ""],
    ["wget -q --post-data=x http://localhost/", ""],
    ["nc localhost 80", ""],
    ["pg_isready -h other", ""],
    ["mysqladmin ping", ""],
    ["toString", ""],
  ];
  for (const [shell, probe] of recognised) t.equal(recogniseProbe({ shell }, "web") ?? "", probe, shell);
});

t.test("names that speak of a secret are seen, others are not", async (t) => {
  for (const name of [
    "POSTGRES_PASSWORD",
    "API_TOKEN",
    "SECRET_KEY_BASE",
    "awsSecretAccessKey",
    "JWT_SECRET",
    "PGPASSWORD",
    "MINIO_ROOT_PASSWORD",
  ]) {
    t.ok(isSecretName(name), name);
  }
  for (const name of ["PASSWORD_FILE", "KEYCLOAK_HOST", "MONKEY", "TOKEN_TTL", "COMPASS", "KEY_ID", "PRIVATE_KEY_PATH", "AUTHOR"]) {
    t.notOk(isSecretName(name), name);
  }
  t.notOk(looksSecret("USE_TOKEN", "true"));
  t.notOk(looksSecret("ADMIN_PASSWORD", ""));
  t.ok(looksSecret("DATABASE_URL", "postgres://a:b@c/d"));
  t.notOk(looksSecret("SITE", "https://example.org/a:b@c"));
});

t.test("no message holds a value that looks secret", async (t) => {
  const text = JSON.stringify({ services: { web: { image: "a/b", environment: { API_TOKEN: "sword\u0080fish" } } } });
  const { issues, report } = convertText(text);
  t.match(issues, [{ code: "compose-value" }]);
  t.notMatch(JSON.stringify([issues, report]), /sword/);
});
