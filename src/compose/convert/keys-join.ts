/** Keys of a service: how it is reached, what it is given, what it may do. */
import * as z from "zod";
import type { ServiceDraft } from "./drafts.ts";
import { putNamespace, putUserNamespace, putVolumesFrom } from "./namespaces.ts";
import { putPorts } from "./ports.ts";
import { putTmpfs, putVolumes } from "./put-mounts.ts";
import { byBoolean, byKey, putExpose, putHosts, putSysctls } from "./resources.ts";
import { carried, changed, dropped, type KeyTable } from "./row.ts";
import { putGrants } from "./secrets.ts";
import { putCapabilities, putDevices, putPrivileged, putSecurityOptions } from "./security.ts";
import * as shapes from "./shapes.ts";

const grantKeys: KeyTable<ServiceDraft> = {
  source: carried("which one", shapes.filled),
  target: carried("where it is in the container", shapes.filled),
  uid: carried("`uid=` of a Podman secret; a file keeps its own", shapes.text),
  gid: carried("`gid=` of a Podman secret; a file keeps its own", shapes.text),
  mode: carried("`mode=` of a Podman secret; a file keeps its own", shapes.text),
  type: carried(
    "podman-compose's own: `mount`, or `env` for an environment variable",
    shapes.pattern(/^(?:mount(?:,target=[^,]+)?|env)$/u, "it takes mount or env"),
  ),
};

export const joinKeys = {
  ports: carried("`PublishPort=`", z.array(z.union([shapes.filled, shapes.map]), { error: "it takes a list of ports" }), putPorts, {
    items: {
      target: carried("the port in the container", shapes.filled),
      published: carried("the port of the host", shapes.text),
      host_ip: carried("the host's address", shapes.text),
      protocol: carried("`/udp` behind the port", shapes.text),
      mode: carried("both modes are the same on one machine", shapes.oneOf("host", "ingress")),
      name: dropped("It is a note for people.", "Nothing needs to be done."),
      app_protocol: dropped("It is a note for other tools.", "Nothing needs to be done."),
    },
  }),
  expose: carried("`ExposeHostPort=`", shapes.texts, putExpose),
  networks: carried(
    "`Network=`, with the service's name as `NetworkAlias=`; without any, `PROJECT-default.network`",
    shapes.textsOrMap.nullable(),
    undefined,
    {
      each: {
        aliases: carried("`alias=` of the network", shapes.hostNames),
        ipv4_address: carried("`ip=` of the network", shapes.address),
        ipv6_address: carried("`ip6=` of the network", shapes.address),
        mac_address: carried("`mac=` of the network", shapes.macAddress),
        interface_name: carried("`interface_name=` of the network", shapes.hostName),
        priority: carried("the order of the networks", shapes.whole),
        gw_priority: carried("the order of the networks", shapes.whole),
        link_local_ips: dropped("Podman gives a container one address of each kind a network.", "Leave it out."),
        driver_opts: dropped("Podman has no options for one container's connection.", "Leave it out."),
      },
    },
  ),
  network_mode: carried("`Network=host`, `none`, `bridge`; `service:x` is `Network=PROJECT-x.container`", shapes.text),
  links: changed(
    "`Requires=` and `After=`, and the alias is a name of the other service in all of its networks, not for this one only.",
    "Use depends_on, and aliases under networks.",
    shapes.texts,
  ),
  external_links: dropped("Containers of other projects are reached by a network that both join.", "Put both into one external network."),
  extra_hosts: carried("`AddHost=`", shapes.hosts, putHosts),
  hostname: carried("`HostName=`", shapes.hostName),
  domainname: carried("the second half of `HostName=`", shapes.hostName),
  mac_address: carried("`mac=` of the first network", shapes.macAddress),
  dns: carried("`DNS=`", shapes.textOrTexts, byKey("DNS")),
  dns_search: carried("`DNSSearch=`", shapes.textOrTexts, byKey("DNSSearch")),
  dns_opt: carried("`DNSOption=`", shapes.textOrTexts, byKey("DNSOption")),
  volumes: carried(
    "`Volume=`; `Mount=` where only that can say it. A volume without a name gets one, and that is told",
    shapes.textsOrMaps,
    putVolumes,
    {
      items: {
        type: carried("bind, volume, tmpfs or image", shapes.oneOf("bind", "volume", "tmpfs", "image", "cluster", "npipe")),
        source: carried("what is mounted", shapes.text),
        target: carried("where it is in the container", shapes.filled),
        read_only: carried("`ro`", shapes.flag),
        consistency: dropped("It has no effect on Linux.", "Leave it out."),
        bind: carried("options of a bind mount", shapes.map, undefined, {
          keys: {
            propagation: carried("`rshared` and its like", shapes.oneOf("shared", "slave", "private", "rshared", "rslave", "rprivate")),
            create_host_path: carried("a folder that is missing is made before the first start", shapes.flag),
            selinux: carried("`z` or `Z`", shapes.oneOf("z", "Z")),
            recursive: dropped("Podman always mounts with what is mounted below.", "Mount the parts that you want one by one."),
          },
        }),
        volume: carried("options of a volume", shapes.map, undefined, {
          keys: {
            nocopy: carried("`nocopy`", shapes.flag),
            subpath: carried("`subpath=` of `Mount=`", shapes.filled),
            labels: dropped("Labels belong to the volume, not to its use.", "Write them under volumes."),
          },
        }),
        tmpfs: carried("options of a tmpfs", shapes.map, undefined, {
          keys: {
            size: carried("`size=`", shapes.size),
            mode: carried("`mode=`", shapes.pattern(/^\d{1,5}$/u, "it takes a mode, such as 1777")),
          },
        }),
        image: carried("options of an image", shapes.map, undefined, {
          keys: { subpath: carried("`subpath=` of `Mount=`", shapes.filled) },
        }),
      },
    },
  ),
  volumes_from: carried("`PodmanArgs=--volumes-from=`", shapes.texts, putVolumesFrom),
  tmpfs: carried("`Tmpfs=`", shapes.textOrTexts, putTmpfs),
  secrets: carried("a read-only mount of its file below /run/secrets, or `Secret=`", shapes.textsOrMaps, putGrants("secrets"), {
    items: grantKeys,
  }),
  configs: carried("a read-only mount of its file, or `Secret=`", shapes.textsOrMaps, putGrants("configs"), { items: grantKeys }),
  devices: carried("`AddDevice=`", shapes.textsOrMaps, putDevices, {
    items: {
      source: carried("the host's device", shapes.filled),
      target: carried("its path in the container", shapes.filled),
      permissions: carried("`rwm`", shapes.pattern(/^[rwm]{1,3}$/u, "it takes r, w and m")),
    },
  }),
  device_cgroup_rules: dropped("Only root may say which devices a control group has.", "Name each device under devices."),
  cap_add: carried("`AddCapability=`", shapes.texts, putCapabilities("AddCapability")),
  cap_drop: carried("`DropCapability=`", shapes.texts, putCapabilities("DropCapability")),
  privileged: carried("`PodmanArgs=--privileged`, only with `--allow-risky`", shapes.flag, putPrivileged),
  security_opt: carried(
    "`NoNewPrivileges=`, `SeccompProfile=`, `SecurityLabelType=` and its like, `Mask=`, `Unmask=`, or `PodmanArgs=--security-opt=`",
    shapes.texts,
    putSecurityOptions,
  ),
  read_only: carried("`ReadOnly=`", shapes.flag, byBoolean("ReadOnly")),
  group_add: carried("`GroupAdd=`", shapes.texts, byKey("GroupAdd")),
  sysctls: carried("`Sysctl=`", shapes.assignments, putSysctls),
  userns_mode: carried("`UserNS=`", shapes.text, putUserNamespace),
  pid: carried("`PodmanArgs=--pid=`", shapes.text.nullable(), putNamespace("pid")),
  ipc: carried("`PodmanArgs=--ipc=`", shapes.text, putNamespace("ipc")),
  uts: carried("`PodmanArgs=--uts=`", shapes.text, putNamespace("uts")),
  cgroup: carried("`PodmanArgs=--cgroupns=`", shapes.oneOf("host", "private"), putNamespace("cgroup")),
} satisfies KeyTable<ServiceDraft>;
