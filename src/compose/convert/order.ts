/** The order in which a person would write a unit: what it is, how it is reached, what it is given, what keeps it in bounds. */
export const sectionOrder: readonly string[] = [
  "Unit",
  ...["Container", "Pod", "Network", "Volume", "Image", "Build", "Kube"],
  "X-Phoenix",
  "Service",
  "Install",
];

const orders: Readonly<Record<string, readonly string[]>> = {
  Unit: ["Description", "Documentation", "Requires", "Wants", "After", "StartLimitIntervalSec", "StartLimitBurst"],
  Container: [
    ...["Image", "ContainerName", "Pull", "Entrypoint", "Exec", "User", "Group", "WorkingDir", "HostName"],
    ...["NetworkAlias", "Network", "IP", "IP6", "PublishPort", "ExposeHostPort", "AddHost", "DNS", "DNSSearch", "DNSOption"],
    ...["Environment", "Secret", "Volume", "Mount", "Tmpfs", "AddDevice", "UserNS", "GroupAdd", "ReadOnly", "NoNewPrivileges"],
    ...["AddCapability", "DropCapability", "SecurityLabelDisable", "SecurityLabelType", "SecurityLabelLevel", "SecurityLabelFileType"],
    ...["SecurityLabelNested", "SeccompProfile", "Mask", "Unmask", "Sysctl", "Ulimit", "PidsLimit", "ShmSize", "RunInit"],
    ...["HealthCmd", "HealthInterval", "HealthTimeout", "HealthRetries", "HealthStartPeriod", "HealthStartupCmd"],
    ...["HealthStartupInterval", "HealthStartupTimeout", "Notify", "StopSignal", "StopTimeout", "Label", "Annotation"],
    ...["LogDriver", "LogOpt", "PodmanArgs"],
  ],
  Network: ["NetworkName", "Driver", "Internal", "IPv6", "IPAMDriver", "Subnet", "Gateway", "IPRange", "Options", "Label", "PodmanArgs"],
  Volume: ["VolumeName", "Driver", "Type", "Device", "Options", "Label", "PodmanArgs"],
  Build: ["ImageTag", "SetWorkingDirectory", "File", "Target", "Pull", "Network", "Secret", "Label", "PodmanArgs"],
  Service: [
    "Type",
    "RemainAfterExit",
    "Environment",
    "Restart",
    "RestartSec",
    "TimeoutStartSec",
    "TimeoutStopSec",
    "MemoryLow",
    "MemoryMax",
    "MemorySwapMax",
    "CPUQuota",
    "CPUWeight",
  ],
};

export function rankOf(section: string, key: string): number {
  const rank = (orders[section] ?? []).indexOf(key);
  return rank < 0 ? Number.MAX_SAFE_INTEGER : rank;
}
