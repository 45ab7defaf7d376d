/** Keys of `build`. */
import {
  type BuildDraft,
  putBuildNetwork,
  putBuildSecrets,
  putBuildWords,
  putContext,
  putContexts,
  putInlineFile,
  putPull,
  putTags,
} from "./build.ts";
import { putAssignments } from "./environment.ts";
import { byArgument, byKey, bySize, bySwitch, putUlimits } from "./resources.ts";
import { carried, changed, dropped, type KeyTable } from "./row.ts";
import * as shapes from "./shapes.ts";

const notPart = "It is no part of a build by systemd.";

export const buildKeys: KeyTable<BuildDraft> = {
  context: carried("`SetWorkingDirectory=`", shapes.filled, putContext),
  dockerfile: carried("`File=`", shapes.filled),
  dockerfile_inline: carried("a file below `files/`, which `File=` names", shapes.text, putInlineFile),
  args: carried("`PodmanArgs=--build-arg=`", shapes.assignments, putBuildWords("--build-arg")),
  target: carried("`Target=`", shapes.text, byKey("Target")),
  labels: carried("`Label=`", shapes.assignments, (node, draft, path) => putAssignments("Label", node, draft, path)),
  tags: carried("further `ImageTag=`", shapes.texts, putTags),
  network: carried("`Network=`: host or none", shapes.text, putBuildNetwork),
  pull: carried("`Pull=always`", shapes.flag, putPull),
  no_cache: carried("`PodmanArgs=--no-cache`", shapes.flag, bySwitch("--no-cache")),
  shm_size: carried("`PodmanArgs=--shm-size=`", shapes.size, bySize(undefined, "--shm-size")),
  extra_hosts: carried("`PodmanArgs=--add-host=`", shapes.hosts, putBuildWords("--add-host", ":")),
  ulimits: carried("`PodmanArgs=--ulimit=`", shapes.map, putUlimits, {
    each: { soft: carried("the soft limit", shapes.whole), hard: carried("the hard limit", shapes.whole) },
  }),
  secrets: carried("`Secret=`, where it is a file", shapes.textsOrMaps, putBuildSecrets, {
    items: {
      source: carried("which one", shapes.filled),
      target: carried("its id", shapes.filled),
      uid: dropped(notPart, "Leave it out."),
      gid: dropped(notPart, "Leave it out."),
      mode: dropped(notPart, "Leave it out."),
    },
  }),
  additional_contexts: carried("`PodmanArgs=--build-context=`", shapes.assignments, putContexts),
  platforms: changed(
    "`PodmanArgs=--platform=`: an image is built for the first one only.",
    "Build for others by hand.",
    shapes.texts,
    (node, draft, path) => {
      const [first] = node.kind === "list" ? node.items : [];
      if (first !== undefined) byArgument("--platform")(first, draft, path);
    },
  ),
  privileged: dropped("A build does not get more rights than you have.", "Leave it out."),
  entitlements: dropped("A build does not get more rights than you have.", "Leave it out."),
  isolation: dropped("It belongs to Windows.", "Leave it out."),
  ssh: dropped("systemd has no agent of yours to hand in.", "Build by hand: podman build --ssh default, and name the image."),
  cache_from: dropped("Podman keeps the layers of former builds by itself.", "Nothing needs to be done."),
  cache_to: dropped("Podman keeps the layers of former builds by itself.", "Nothing needs to be done."),
  provenance: dropped(notPart, "Nothing needs to be done."),
  sbom: dropped(notPart, "Nothing needs to be done."),
};
