import {flagsOf, type Namespace, namespaceFlagName} from '../plan/namespaces.js'
import {type Attempt, attempt, type Call, tried} from './attempt.js'
import {type Outcome, works} from './outcome.js'

const SIGCHLD = 17

/** As clone(2) spells them: "CLONE_NEWUSER | CLONE_NEWNS". */
function namespaceFlagText(names: readonly Namespace[]): string {
  return names.map(namespaceFlagName).join(' | ')
}

export function unshare(...names: readonly Namespace[]): Call {
  return {name: 'unshare', args: [flagsOf(names)], shown: `unshare(${namespaceFlagText(names)})`}
}

/** As exec does with pid among the namespaces: they begin with the child, and nobody calls unshare. */
export function triedAtCreation(names: readonly Namespace[], calls: readonly Call[] = []): Outcome {
  const flags = BigInt(flagsOf(names))
  const shown = (call: string) => `${call}(${namespaceFlagText(names)})`
  const newer = tried({calls, creation: {by: 'clone3', flags}, shown: shown('clone3')})
  if (newer.state === 'works') return works(`${shown('clone3')} works`)
  const older = tried({calls, creation: {by: 'clone', flags: flags | BigInt(SIGCHLD)}, shown: shown('clone')})
  return older.state === 'works' ? works(`${shown('clone')} works`) : older
}

/** For calls that need a right over a namespace: as we are, else in one of the child’s own, where it has every right. */
export function triedWithRights(what: Attempt & {readonly calls: readonly Call[]}, namespace: Namespace): Outcome {
  const asWeAre = tried(what)
  if (asWeAre.state === 'works' || asWeAre.errno !== 'EPERM') return asWeAre
  const {outcome, result} = attempt({...what, calls: [unshare('user', namespace), ...what.calls]})
  const isUntried = result.end === 'failed' && result.failedStep === 0
  if (!isUntried) return outcome
  const atCreation = triedAtCreation(['user', 'pid', namespace], what.calls)
  return atCreation.state === 'works' ? atCreation : asWeAre
}
