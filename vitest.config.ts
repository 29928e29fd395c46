import {defineConfig} from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real signals and terminals on a busy machine: a failure counts when it comes twice.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What programs print, and whether an editor can be used, hangs on these.
    env: {LANG: 'C.UTF-8', LC_ALL: '', TERM: 'xterm-256color'},
    pool: 'forks',
    disableConsoleIntercept: true,
  },
})
