/** Keys of a service: what it runs, and when. */
import * as z from "zod";
import { putCommand, putEntrypoint } from "./command.ts";
import { conditions } from "./depends.ts";
import type { ServiceDraft } from "./drafts.ts";
import { putAssignments } from "./environment.ts";
import { putHealth } from "./health.ts";
import { putPullPolicy } from "./image.ts";
import { putLogging } from "./logging.ts";
import { putPolicy } from "./policy.ts";
import { putBuild } from "./put-build.ts";
import { byArgument, byBoolean, byKey, bySwitch, putGracePeriod, putUser } from "./resources.ts";
import { carried, changed, dropped, type KeyTable } from "./row.ts";
import * as shapes from "./shapes.ts";

const hookRemedy = "Write ExecStartPost= or ExecStop= with `podman exec` into a drop-in of the unit.";

export const runKeys = {
  image: carried("`Image=`, with its full name: `nginx` becomes `docker.io/library/nginx`", shapes.text.nullable()),
  build: carried(
    "a `.build` unit, which `Image=` names",
    z.union([shapes.text, shapes.map, z.null()], { error: "it takes a folder or a map" }),
    putBuild,
  ),
  pull_policy: carried("`Pull=`; what Podman lacks becomes the nearest, and is told", shapes.text, putPullPolicy),
  pull_refresh_after: dropped("Podman fetches images by no timetable.", "Use `phoenix deploy --pull` for a newer image."),
  platform: carried("`PodmanArgs=--platform=`", shapes.filled, byArgument("--platform")),
  container_name: carried("`ContainerName=`", shapes.objectName, byKey("ContainerName")),
  entrypoint: carried("`Entrypoint=`; an empty one takes the image's away", shapes.command, putEntrypoint),
  command: carried("`Exec=`; a text is split as a shell would", shapes.command, putCommand),
  user: carried("`User=` and `Group=`", shapes.text, putUser),
  working_dir: carried("`WorkingDir=`", shapes.filled, byKey("WorkingDir")),
  environment: carried("`Environment=`; with `--secrets` what looks secret becomes a Podman secret", shapes.assignments),
  env_file: carried(
    "`Environment=` lines, since Podman reads such a file by other rules",
    z.union([shapes.text, z.array(z.union([shapes.text, shapes.map]))], { error: "it takes a path, or a list of paths" }),
    undefined,
    {
      items: {
        path: carried("see env_file", shapes.filled),
        required: carried("whether the file has to be there", shapes.flag),
        format: carried("`raw`: no quotes are removed", shapes.oneOf("raw")),
      },
    },
  ),
  depends_on: carried("`Wants=` and `After=`", shapes.textsOrMap, undefined, {
    each: {
      condition: carried(
        "`service_healthy`: `Notify=healthy` on the other one. `service_completed_successfully`: the other one is `Type=oneshot`, and `Requires=` stands instead of `Wants=`",
        shapes.oneOf(...conditions),
      ),
      restart: carried("`Requires=` instead of `Wants=`", shapes.flag),
      required: carried("a service that is not there is not waited for", shapes.flag),
    },
  }),
  restart: carried("`Restart=`: `always` and `unless-stopped` are `always`; `on-failure:5` sets a limit too", shapes.text),
  healthcheck: carried("`HealthCmd=` and its keys, and a probe under `[X-Phoenix]` where it only asks a port", shapes.map, putHealth, {
    keys: {
      test: carried("`HealthCmd=`", shapes.textOrTexts.nullable()),
      disable: carried("`HealthCmd=none`", shapes.flag),
      interval: carried("`HealthInterval=`", shapes.duration),
      timeout: carried("`HealthTimeout=`", shapes.duration),
      retries: carried("`HealthRetries=`", shapes.whole),
      start_period: carried("`HealthStartPeriod=`", shapes.duration),
      start_interval: changed(
        "`HealthStartupInterval=` and a `HealthStartupCmd=` with the same command: until it succeeds once, the service counts as starting",
        "Nothing needs to be done; a probe of Phoenix's asks often while a service starts.",
        shapes.duration,
      ),
    },
  }),
  stop_signal: carried("`StopSignal=`", shapes.filled, byKey("StopSignal")),
  stop_grace_period: carried("`StopTimeout=`, in whole seconds", shapes.duration, putGracePeriod),
  init: carried("`RunInit=`", shapes.flag, byBoolean("RunInit")),
  tty: carried("`PodmanArgs=--tty`", shapes.flag, bySwitch("--tty")),
  stdin_open: carried("`PodmanArgs=--interactive`", shapes.flag, bySwitch("--interactive")),
  labels: carried("`Label=`", shapes.assignments),
  label_file: carried("`Label=` lines", shapes.textOrTexts),
  annotations: carried("`Annotation=`", shapes.assignments, (node, draft, path) => putAssignments("Annotation", node, draft, path)),
  logging: carried(
    "`LogDriver=` and `LogOpt=` where Podman has the driver; files of Docker's become the journal, and that is told",
    shapes.map,
    putLogging,
    { keys: { driver: carried("`LogDriver=`", shapes.text), options: carried("`LogOpt=`", shapes.map) } },
  ),
  profiles: carried("services of profiles that are off are left out", shapes.texts),
  extends: carried("merged while the files are read"),
  attach: dropped("It is about the terminal of `docker compose up`.", "Use `phoenix logs`."),
  develop: dropped("It is about working on the code, not about running it.", "Nothing needs to be done."),
  post_start: dropped("Quadlet has no hook inside the container.", hookRemedy),
  pre_stop: dropped("Quadlet has no hook inside the container.", hookRemedy),
  provider: dropped("An external program would have to run the service.", "Run that program by hand, or as a unit of its own."),
  models: dropped("No model runner belongs to Podman.", "Run the model as a service with an image of its own."),
  use_api_socket: dropped(
    "The socket of the container engine would hand over the account that it belongs to.",
    "Mount $XDG_RUNTIME_DIR/podman/podman.sock yourself if the service is worth it.",
  ),
  "x-phoenix": carried("the lines of `[X-Phoenix]`", shapes.map, putPolicy),
} satisfies KeyTable<ServiceDraft>;
