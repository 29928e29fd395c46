import type {HugePages} from '../memory-refusal.js'

/** A program of its own has to be made first. */
export interface Compilation {
  readonly kind: 'compiled'
  /** What the compiler is asked for its version with. */
  readonly version: readonly string[]
  readonly arguments: (source: string, output: string) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

interface Interpretation {
  readonly kind: 'interpreted'
  /** Arguments with which the interpreter prints what it is: a name on PATH may be a shell script in front of it. */
  readonly itself: readonly string[]
  /** What stands before the source. */
  readonly arguments: readonly string[]
}

/** Another language's own way to spawn. */
export interface Language {
  /** Has to be on PATH. */
  readonly tool: string
  readonly install: string
  /** Shipped beside this file; it speaks the protocol of src/native/bench.h. */
  readonly source: string
  readonly hugePages: HugePages
  readonly translation: Compilation | Interpretation
}

const self = '/proc/self/exe'

/** By the name of the row. */
export const languages: Readonly<Record<string, Language>> = {
  rust: {
    tool: 'rustc',
    install: 'apt-get install rustc',
    source: 'rust.rs',
    hugePages: 'asks',
    translation: {
      kind: 'compiled',
      version: ['--version'],
      arguments: (source, output) => ['--edition', '2021', '-O', '-o', output, source],
    },
  },
  python3: {
    tool: 'python3',
    install: 'apt-get install python3',
    source: 'python3.py',
    hugePages: 'asks',
    translation: {kind: 'interpreted', itself: ['-c', `import os; print(os.readlink("${self}"))`], arguments: ['-I']},
  },
  go: {
    tool: 'go',
    install: 'apt-get install golang',
    source: 'go.go',
    hugePages: 'asks',
    translation: {
      kind: 'compiled',
      version: ['version'],
      arguments: (source, output) => ['build', '-o', output, source],
      // One file that needs nothing: whatever module is around it has no say, and nothing is to be fetched.
      env: {GO111MODULE: 'off', GOFLAGS: '', GOTOOLCHAIN: 'local'},
    },
  },
  perl: {
    tool: 'perl',
    install: 'apt-get install perl',
    source: 'perl.pl',
    hugePages: 'takes',
    translation: {kind: 'interpreted', itself: ['-e', `print readlink "${self}"`], arguments: []},
  },
  ruby: {
    tool: 'ruby',
    install: 'apt-get install ruby',
    source: 'ruby.rb',
    hugePages: 'takes',
    translation: {
      kind: 'interpreted',
      itself: ['--disable-gems', '-e', `print File.readlink("${self}")`],
      arguments: ['--disable-gems'],
    },
  },
}
