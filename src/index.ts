export {NativeError, PlanError, SpawnctlError, SpawnError, UsageError} from './errors.js'
export type {Answered, AnswerSource, Recommendation} from './flowchart/answers.js'
export {type Answer, chart, type Leaf, type QuestionId} from './flowchart/chart.js'
export {chooseMethod} from './flowchart/derive.js'
export {type Answers, type Walk, walk} from './flowchart/walk.js'
export {type Capabilities, capabilities} from './foresight/capabilities.js'
export {type ForeseenSpawn, plan} from './foresight/plan.js'
export {type GivenAnswers, recommend} from './foresight/recommend.js'
export {refusal} from './methods/capability.js'
export {removeCgroups} from './methods/cgroup.js'
export type {PlannedCall} from './methods/dry-run.js'
export {type Method, methods} from './methods/method.js'
export {type Spawned, spawnPlan} from './methods/spawn.js'
export {makePlan, type Plan} from './plan/plan.js'
export type {FileAccess, FileSource, Placement, Step} from './plan/step.js'
export type {Child} from './process/child.js'
export {
  type ExecFileOptions,
  type ExecOptions,
  exec,
  execFile,
  type Output,
  type PromiseWithChild,
} from './process/exec-file.js'
export type {Exit} from './process/exits.js'
export type {Housekeeping} from './process/housekeeping.js'
export {type Launched, launch} from './process/launch.js'
export {type SpawnctlOptions, type SpawnOptions, spawn} from './process/spawn.js'
export {
  type ExecFileSyncOptions,
  type ExecSyncOptions,
  execFileSync,
  execSync,
  type SpawnSyncOptions,
  type SpawnSyncReturns,
  spawnSync,
} from './process/spawn-sync.js'
export {Zygote} from './process/zygote.js'
