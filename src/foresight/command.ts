import type {OptionValues} from '../plan/option.js'
import type {NodeOptions} from '../process/node-plan.js'
import type {ForeseenSource} from './stdio.js'

const stdioOptions = ['stdin', 'stdout', 'stderr'] as const

/** As two words, or as one where the value might be taken for an option. */
function option(name: string, value: string): readonly string[] {
  if (value === '') return [`--${name}`]
  return value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value]
}

/** What differs from the environment that `spawnctl exec` would start in: this one. */
function environmentWords(envPairs: readonly string[]): readonly string[] {
  const names = new Set(envPairs.map(pair => pair.slice(0, pair.indexOf('='))))
  const set = envPairs.filter(pair => {
    const equals = pair.indexOf('=')
    return process.env[pair.slice(0, equals)] !== pair.slice(equals + 1)
  })
  const unset = Object.keys(process.env).filter(name => !names.has(name))
  const entries = set.flatMap(pair => option('env', pair))
  return names.size < unset.length
    ? ['--clear-env', ...envPairs.flatMap(pair => option('env', pair))]
    : [...unset.flatMap(name => option('unset-env', name)), ...entries]
}

/** Options by their values, as words. */
export function optionWords(values: OptionValues): readonly string[] {
  return Object.entries(values).flatMap(([name, given]) => given.flatMap(value => option(name, value)))
}

function identityWords({uid, gid}: NodeOptions, values: OptionValues): readonly string[] {
  if (values.user !== undefined || (uid ?? gid ?? undefined) === undefined) return []
  const ids = [...(uid == null ? [] : option('uid', String(uid))), ...(gid == null ? [] : option('gid', String(gid)))]
  return values.groups === undefined ? [...ids, '--groups', 'none'] : ids
}

/** The words of `spawnctl exec` that start the same child, as far as a command line can: pipes it has none. */
export function execWords(
  options: NodeOptions,
  sources: readonly ForeseenSource[],
  values: OptionValues,
): {options: readonly string[]; program: readonly string[]} {
  const {file, args, cwd, envPairs, detached} = options
  const [argv0 = file, ...rest] = args ?? []
  const ignored = stdioOptions.filter((_, fd) => sources[fd] === 'ignore')
  return {
    options: [
      ...(argv0 === file ? [] : option('argv0', argv0)),
      ...(envPairs ? environmentWords(envPairs) : []),
      ...(detached && values.setsid === undefined ? ['--setsid'] : []),
      ...identityWords(options, values),
      ...(cwd ? option('cwd', cwd) : []),
      ...ignored.flatMap(name => option(name, 'null')),
      ...optionWords(values),
    ],
    program: [file, ...rest],
  }
}
