/** Keys of a service: how much it may use, and how many of it there are. */

import * as z from "zod";
import type { ServiceDraft } from "./drafts.ts";
import { byLimit, putCpuQuota, putSwapLimit } from "./limits.ts";
import { byArgument, byKey, bySize, putUlimits } from "./resources.ts";
import { carried, changed, dropped, type KeyTable } from "./row.ts";
import { putGpus, putReservedDevices } from "./security.ts";
import * as shapes from "./shapes.ts";

const swarm = "It is about a cluster of machines; here is one.";
const none = "Nothing needs to be done.";
const deviceKeys: KeyTable<ServiceDraft> = {
  capabilities: carried("`gpu` is what Podman knows", shapes.texts),
  driver: carried("`nvidia` is what Podman knows", shapes.text),
  count: carried("how many cards, or all", shapes.text),
  device_ids: carried("which cards", shapes.texts),
  options: dropped("The Container Device Interface has no options.", "Leave it out."),
};
const limitV1 = "Control groups of version 2 have no such limit.";
const throttle = "Rootless Podman may not limit single devices.";

export const limitKeys = {
  mem_limit: carried("`MemoryMax=` of `[Service]`", shapes.size, byLimit("MemoryMax")),
  mem_reservation: carried("`MemoryLow=` of `[Service]`", shapes.size, byLimit("MemoryLow")),
  memswap_limit: carried("`MemorySwapMax=` of `[Service]`, without `mem_limit`", shapes.size, putSwapLimit),
  mem_swappiness: dropped(limitV1, "Set vm.swappiness of the host."),
  cpus: carried("`CPUQuota=` of `[Service]`", shapes.decimal, byLimit("CPUQuota")),
  cpu_shares: carried("`CPUWeight=` of `[Service]`", shapes.whole, byLimit("CPUWeight")),
  cpu_quota: carried("`CPUQuota=` of `[Service]`", shapes.whole, putCpuQuota),
  cpu_period: carried("part of `CPUQuota=`", shapes.whole),
  cpuset: carried(
    "`AllowedCPUs=` of `[Service]`, which counts where the machine hands out that control group",
    shapes.pattern(/^[\d,-]+$/u, "it takes numbers of processors, such as 0-3"),
    byLimit("AllowedCPUs"),
  ),
  cpu_rt_runtime: dropped(limitV1, "Use cpus."),
  cpu_rt_period: dropped(limitV1, "Use cpus."),
  cpu_count: dropped("It belongs to Windows.", "Use cpus."),
  cpu_percent: dropped("It belongs to Windows.", "Use cpus."),
  pids_limit: carried("`PidsLimit=`", shapes.whole, byKey("PidsLimit")),
  shm_size: carried("`ShmSize=`", shapes.size, bySize("ShmSize", "--shm-size")),
  ulimits: carried("`Ulimit=`", shapes.map, putUlimits, {
    each: { soft: carried("the soft limit", shapes.whole), hard: carried("the hard limit", shapes.whole) },
  }),
  oom_score_adj: carried("`PodmanArgs=--oom-score-adj=`", shapes.whole, byArgument("--oom-score-adj")),
  oom_kill_disable: dropped(limitV1, "Give it more memory."),
  blkio_config: carried("limits of disks", shapes.map, undefined, {
    keys: {
      weight: carried("`IOWeight=` of `[Service]`", shapes.whole, byLimit("IOWeight")),
      weight_device: dropped(throttle, "Use weight."),
      device_read_bps: dropped(throttle, "Use IOReadBandwidthMax= of the whole unit, as root."),
      device_read_iops: dropped(throttle, "Use IOReadIOPSMax= of the whole unit, as root."),
      device_write_bps: dropped(throttle, "Use IOWriteBandwidthMax= of the whole unit, as root."),
      device_write_iops: dropped(throttle, "Use IOWriteIOPSMax= of the whole unit, as root."),
    },
  }),
  gpus: changed(
    "`AddDevice=nvidia.com/gpu=`, by the Container Device Interface, which has to be set up once.",
    "Run `nvidia-ctk cdi generate`; `podman info` then lists the devices.",
    z.union([shapes.oneOf("all"), shapes.maps], { error: "it takes all, or a list of cards" }),
    putGpus,
    { items: deviceKeys },
  ),
  scale: carried("that many units, `PROJECT-SERVICE-2.container` and so on", shapes.whole),
  deploy: carried("its parts", shapes.map.nullable(), undefined, {
    keys: {
      replicas: carried("that many units, `PROJECT-SERVICE-2.container` and so on", shapes.whole),
      mode: carried(
        "`replicated` and `global` are the same on one machine; jobs are `Type=oneshot`",
        shapes.oneOf("replicated", "global", "replicated-job", "global-job"),
      ),
      labels: dropped("They belong to a service of Docker Swarm, not to its containers.", "Write them under labels of the service."),
      endpoint_mode: dropped(swarm, none),
      placement: dropped(swarm, none),
      update_config: dropped("Phoenix deploys by its own rules: prove the new, or go back.", "See [X-Phoenix]."),
      rollback_config: dropped("Phoenix goes back by its own rules.", "See Rollback= of [X-Phoenix]."),
      restart_policy: carried("`Restart=`; it counts before `restart`", shapes.map, undefined, {
        keys: {
          condition: carried("`any` is `always`, `none` is `no`", shapes.oneOf("none", "on-failure", "any")),
          delay: carried("`RestartSec=`", shapes.duration),
          max_attempts: carried("`StartLimitBurst=`, one more since the first start counts", shapes.whole),
          window: carried("`StartLimitIntervalSec=`", shapes.duration),
        },
      }),
      resources: carried("its parts", shapes.map, undefined, {
        keys: {
          limits: carried("its parts", shapes.map, undefined, {
            keys: {
              cpus: carried("`CPUQuota=` of `[Service]`", shapes.decimal, byLimit("CPUQuota")),
              memory: carried("`MemoryMax=` of `[Service]`", shapes.size, byLimit("MemoryMax")),
              pids: carried("`PidsLimit=`", shapes.whole, byKey("PidsLimit")),
            },
          }),
          reservations: carried("its parts", shapes.map, undefined, {
            keys: {
              cpus: dropped("A machine of its own has nobody to reserve processors against.", "Use cpu_shares for a weight."),
              memory: carried("`MemoryLow=` of `[Service]`", shapes.size, byLimit("MemoryLow")),
              generic_resources: dropped(swarm, none),
              devices: carried("`AddDevice=nvidia.com/gpu=` for graphics cards; others are told", shapes.maps, putReservedDevices, {
                items: deviceKeys,
              }),
            },
          }),
        },
      }),
    },
  }),
  cgroup_parent: dropped("systemd puts each service into a control group of its own.", "Write Slice= into [Service] of the unit."),
  runtime: dropped(
    "Podman takes its runtime from containers.conf.",
    "Set it there; graphics cards need no other runtime but AddDevice=nvidia.com/gpu=all.",
  ),
  isolation: dropped("It belongs to Windows.", none),
  credential_spec: dropped("It belongs to Windows.", none),
  storage_opt: dropped("Podman's storage has its options in storage.conf.", "Set them there."),
} satisfies KeyTable<ServiceDraft>;
