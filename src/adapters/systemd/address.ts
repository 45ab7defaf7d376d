type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the user's bus listens: as the environment says, else the place where systemd puts it. `su` and `sudo -u` lose both
 * variables, so the last resort needs neither.
 */
export function busSocketPath(environment: Environment, uid: number): string {
  const { DBUS_SESSION_BUS_ADDRESS: addresses = "", XDG_RUNTIME_DIR: runtimePath } = environment;
  const named = pathOf(addresses);
  if (named !== undefined) return named;
  return `${runtimePath === undefined || runtimePath === "" ? `/run/user/${uid}` : runtimePath}/bus`;
}

/** The first `unix:path=` of a D-Bus address list; other transports are never what a user manager offers. */
function pathOf(addresses: string): string | undefined {
  for (const address of addresses.split(";")) {
    const path = /^unix:(?:.*,)?path=([^,]+)/.exec(address)?.[1];
    if (path !== undefined) return decode(path);
  }
  return undefined;
}

function decode(text: string): string {
  return text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
