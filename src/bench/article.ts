/**
 * Microseconds from spawn to exit of /bin/echo on the author's machine, the mean of 10 000 iterations each.
 * Source: Spawning Processes on Linux, "Performance".
 */
const articleMicroseconds: Readonly<Record<string, number>> = {
  'std::process::Command': 540.074,
  fork: 406.814,
  posix_spawn: 291.849,
  'clone-vm': 290.707,
  clone: 288.369,
}

/** The article's own words for what it ran, and ours in their manner for what it did not. */
export const articleNames: Readonly<Record<string, string>> = {
  fork: 'fork + execve + wait',
  vfork: 'vfork + execve + wait',
  posix_spawn: 'posix_spawn + wait',
  'clone-vm': 'clone(CLONE_VM) + execve + wait',
  clone: 'clone(CLONE_VM | CLONE_VFORK) + execve + wait',
  zygote: 'zygote + execve + wait',
  rust: 'std::process::Command::{spawn + wait}',
}

/** What the article measured that comes nearest to a row: a method itself, or for a language's own way the Command. */
export function articleCounterpart(row: string): {readonly name: string; readonly microseconds: number} | undefined {
  const command = 'std::process::Command'
  const name = row in articleMicroseconds ? row : row === 'rust' || row === 'node:child_process' ? command : undefined
  return name === undefined ? undefined : {name, microseconds: articleMicroseconds[name] as number}
}
