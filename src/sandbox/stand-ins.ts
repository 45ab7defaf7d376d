/** An image that stands in for a registry's: Debian packages under the name that a Containerfile asks for. */
export type StandIn = {
  readonly name: string;
  /** What it truly is, for the message a person reads. */
  readonly contents: string;
  readonly packages: readonly string[];
  /** Commands run inside the fresh root filesystem: no shell, so no wildcards. */
  readonly setup: readonly string[];
  readonly env: readonly string[];
  readonly cmd: readonly string[];
};

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const debian: StandIn = {
  name: "debian",
  contents: "Debian 13 (trixie), minimal",
  packages: [],
  setup: [],
  env: [path],
  cmd: ["bash"],
};

const node: StandIn = {
  name: "node",
  contents: "Debian 13 with its own Node.js 20 and npm",
  packages: ["ca-certificates", "nodejs", "npm"],
  // The official images have this user, and Containerfiles name it.
  setup: ["useradd --create-home --uid 1000 --shell /bin/bash node"],
  env: [path],
  cmd: ["node"],
};

const python: StandIn = {
  name: "python",
  contents: "Debian 13 with its own Python 3.13 and pip",
  packages: ["ca-certificates", "python3", "python3-pip", "python3-venv"],
  // The official images install beside the system's Python; there is no other one here.
  setup: ["ln -s python3 /usr/bin/python", "rm -f /usr/lib/python3.13/EXTERNALLY-MANAGED"],
  env: [path],
  cmd: ["python3"],
};

const standIns: Readonly<Record<string, StandIn>> = {
  "docker.io/library/debian": debian,
  "docker.io/library/node": node,
  "docker.io/library/python": python,
};

/** The stand-in for a reference, whatever its tag; undefined for an image that Debian packages cannot imitate. */
export function standInFor(reference: string): StandIn | undefined {
  return standIns[repositoryOf(reference)];
}

/** The full name of a reference without tag and digest: `node:22` is docker.io/library/node. */
function repositoryOf(reference: string): string {
  const [bare = ""] = reference.split("@");
  const tagged = bare.lastIndexOf(":") > bare.lastIndexOf("/");
  const repository = tagged ? bare.slice(0, bare.lastIndexOf(":")) : bare;
  return repository.includes("/") ? repository : `docker.io/library/${repository}`;
}
