import type { Machine } from "./machine.ts";

/** Installs what install.sh would, without the agent: the bundle where the units look for it, and the prober's unit. */
export async function installProber(m: Machine): Promise<void> {
  await m.stdout(`
    mkdir -p ~/.local/share/phoenix ~/.config/systemd/user
    ln -sfn /opt/phoenix/dist ~/.local/share/phoenix/current
    cp /opt/phoenix/systemd/phoenix-prober.service /opt/phoenix/systemd/phoenix.target ~/.config/systemd/user/
    systemctl --user daemon-reload`);
}
