/** Keys of the project: networks, volumes, secrets, configs. */
import * as z from "zod";
import { putAssignments } from "./environment.ts";
import { type ObjectDraft, putDriver, putNetworkOptions, putObjectSwitch, putSubnets, putVolumeOptions } from "./objects.ts";
import { byKey } from "./resources.ts";
import { carried, dropped, type KeyTable } from "./row.ts";
import * as shapes from "./shapes.ts";

const external = z.union([shapes.flag, shapes.map], { error: "it takes true or false" });
const none = "Nothing needs to be done.";

export const networkKeys: KeyTable<ObjectDraft> = {
  name: carried("`NetworkName=`", shapes.objectName),
  external: carried("no unit: `Network=` names the network itself", external),
  driver: carried("`Driver=`, where it is not bridge", shapes.text, putDriver("bridge")),
  driver_opts: carried("`Options=` for those that Podman has", shapes.map, putNetworkOptions),
  internal: carried("`Internal=`", shapes.flag, putObjectSwitch("Internal")),
  enable_ipv6: carried("`IPv6=`", shapes.flag, putObjectSwitch("IPv6")),
  enable_ipv4: dropped("Podman's networks always have IPv4.", "Leave it out."),
  attachable: carried("every container may join a network of Podman's", shapes.flag),
  labels: carried("`Label=`", shapes.assignments, (node, draft, path) => putAssignments("Label", node, draft, path)),
  ipam: carried("its parts", shapes.map, undefined, {
    keys: {
      driver: carried("`IPAMDriver=`; Docker's `default` is Podman's own", shapes.text, (node, draft, path) => {
        if (node.kind === "scalar" && node.value !== "default") byKey("IPAMDriver")(node, draft, path);
      }),
      config: carried("`Subnet=`, `Gateway=`, `IPRange=`", shapes.maps, putSubnets, {
        items: {
          subnet: carried("`Subnet=`", shapes.subnet),
          gateway: carried("`Gateway=`", shapes.address),
          ip_range: carried("`IPRange=`", shapes.pattern(/^[\da-fA-F:./-]+$/u, "it takes a part of a subnet, such as 172.20.5.0/24")),
          aux_addresses: dropped("Podman reserves no further addresses.", "Choose an ip_range that leaves them out."),
        },
      }),
      options: dropped("Podman's addressing has no options.", "Leave it out."),
    },
  }),
};

export const volumeKeys: KeyTable<ObjectDraft> = {
  name: carried("`VolumeName=`", shapes.objectName),
  external: carried("no unit: `Volume=` names the volume itself", external),
  driver: carried("`Driver=`, where it is not local", shapes.text, putDriver("local")),
  driver_opts: carried("`Type=`, `Device=`, `Options=`, or `PodmanArgs=--opt=`", shapes.map, putVolumeOptions),
  labels: carried("`Label=`", shapes.assignments, (node, draft, path) => putAssignments("Label", node, draft, path)),
};

const driver = "Drivers and templates of secrets belong to Docker Swarm.";

export const secretKeys: KeyTable<unknown> = {
  name: carried("the Podman secret's name", shapes.filled),
  file: carried("the file that is mounted", shapes.filled),
  environment: carried("a Podman secret with the value of that variable", shapes.filled),
  external: carried("a Podman secret that has to be there", external),
  labels: dropped("They are for people.", none),
  driver: dropped(driver, "Use file or environment."),
  driver_opts: dropped(driver, "Use file or environment."),
  template_driver: dropped(driver, "Write the value as it shall be."),
};

export const configKeys: KeyTable<unknown> = {
  name: carried("the Podman secret's name", shapes.filled),
  file: carried("the file that is mounted", shapes.filled),
  content: carried("a file below `files/`; a Podman secret where it holds a password", shapes.text),
  environment: carried("a Podman secret with the value of that variable", shapes.filled),
  external: carried("a Podman secret that has to be there", external),
  labels: dropped("They are for people.", none),
  template_driver: dropped(driver, "Write the value as it shall be."),
};

/** The top level. */
export const projectKeys: KeyTable<unknown> = {
  name: carried("the stack's name, and the first part of every unit's"),
  version: carried("it has meant nothing for years"),
  include: carried("merged while the files are read"),
  services: carried("a `.container` unit each", shapes.map),
  networks: carried("a `.network` unit each", shapes.map.nullable()),
  volumes: carried("a `.volume` unit each", shapes.map.nullable()),
  secrets: carried("see the services that use them", shapes.map.nullable()),
  configs: carried("see the services that use them", shapes.map.nullable()),
  models: dropped("No model runner belongs to Podman.", "Run the model as a service with an image of its own."),
};
