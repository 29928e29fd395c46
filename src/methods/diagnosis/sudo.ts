/** "sudo, or a user namespace: …" without the first, which root has no use for. */
export function withoutSudo(next: string): string {
  return next.replace(/^(run it with )?sudo([,;] (or |and )?| |$)/, '')
}

/** Advice that begins with sudo, as this caller needs it. */
export function forCaller(next: string, isRoot = process.geteuid?.() === 0): string {
  return isRoot ? withoutSudo(next) : next
}
