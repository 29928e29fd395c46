import {accessSync} from 'node:fs'
import type {Plan} from '../plan/plan.js'
import {readableText, type Text} from '../plan/text.js'
import type {ChildName} from './children.js'
import type {ToldCall} from './opening-calls.js'

const quoted = (text: Text) => JSON.stringify(readableText(text))

function executing({argv, env}: Plan, path: Text, by: ChildName, reason: string): ToldCall {
  return {by, call: `execve(${quoted(path)}, [${argv.map(quoted).join(', ')}], /* ${env.length} vars */)`, reason}
}

/** One child tries them all. */
export function executionCalls(plan: Plan, candidates: readonly Text[], by: ChildName): readonly ToldCall[] {
  return candidates.map((path, i) =>
    executing(plan, path, by, i === 0 ? 'the program' : 'the program, when it was not there'),
  )
}

/** Why it cannot be seen, "ENOENT". */
function errorOf(path: Text): string | undefined {
  try {
    accessSync(typeof path === 'string' ? path : Buffer.from(path))
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}

/**
 * libc executes one path a child: those that are not there the caller passes over, which sees no more than a path does.
 * @returns what the caller looks at first, and what the child executes
 */
export function searchCalls(
  plan: Plan,
  candidates: readonly Text[],
): {looks: readonly ToldCall[]; execution: readonly ToldCall[]} {
  const looks: ToldCall[] = []
  const execution: ToldCall[] = []
  for (const [i, path] of candidates.entries()) {
    const isAbsolute = readableText(path).startsWith('/')
    const isLookedAt = i + 1 < candidates.length && isAbsolute
    const error = isLookedAt ? errorOf(path) : undefined
    if (isLookedAt) {
      const reason = 'whether the program is there: libc executes one path for each child'
      looks.push({by: 'caller', call: `faccessat(AT_FDCWD, ${quoted(path)}, F_OK)`, reason})
    }
    if (error === 'ENOENT' || error === 'ENOTDIR') continue
    const reason = execution.length === 0 ? 'the program' : 'the program, when it was not there: by one more child'
    execution.push(executing(plan, path, 'child', reason))
    if (isAbsolute && error === undefined) break
  }
  return {looks, execution}
}

/** What a process does that has made the program's and stays. */
export function stayingCalls(by: ChildName, init: string): readonly ToldCall[] {
  const right = 'the right to signal the program, whoever that has become, outlives execve where it is had'
  const stays = 'who made the program’s process stays, passes signals on, reaps, and ends as the program does'
  return [
    {by, call: 'capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {…})', reason: right},
    {by, call: 'capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {inheritable=1<<CAP_KILL|…, …})', reason: right},
    {by, call: 'prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)', reason: right},
    {by, call: `execveat(${init}, "", ["spawnctl-init", "PID"], [], AT_EMPTY_PATH)`, reason: stays},
  ]
}
