/** Where the prober listens, below the user's runtime directory. */
export function proberSocketPath(runtimePath: string): string {
  return `${runtimePath}/phoenix/prober.sock`;
}
