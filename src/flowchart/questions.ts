import type {Answer, Chart, Checklist} from './chart.js'

/** The questions in the order in which a run of `no` meets them. */
export const questions: Chart['questions'] = {
  'simple-housekeeping': {
    label: 'simple housekeeping?',
    ask: 'Is the housekeeping simple enough for posix_spawn?',
    means:
      'Housekeeping is what the child does between its creation and exec. It is simple when the file actions and ' +
      'attributes of posix_spawn can express all of it: open, duplicate and close descriptors, change the working ' +
      'directory, start a session or join a process group, set the signal mask, put signals back to their default, ' +
      'set the scheduling policy, drop the effective ids to the real ones.',
    matters:
      'posix_spawn runs a fixed housekeeping script in the child. You write no code for that place, so you can make ' +
      'no mistake there; but you cannot add a step to the script either.',
    yes: {
      to: 'posix_spawn',
      reason:
        'glibc creates the child the way vfork does, so the call stays fast however large the caller is, and it ' +
        'comes with far fewer rules to obey than fork or vfork.',
      source: 'article',
    },
    no: {
      to: 'performance-critical',
      reason: 'One step outside the fixed script is enough to rule posix_spawn out.',
      source: 'article',
    },
    help: anyOf('no', [
      "a file mode mask (umask) other than the caller's",
      'another user, group or list of supplementary groups',
      'signals that the child shall ignore',
      'resource limits (rlimits)',
      'niceness, CPU affinity, I/O priority or an OOM score',
      'a new namespace, or one to join (such as user, mount, pid, network)',
      'a cgroup to start in (glibc can say this only from 2.39 on)',
      'another root directory, mounts or a host name',
      'capabilities, no_new_privs or a seccomp filter',
      'a signal when the parent dies (PDEATHSIG)',
      'code of your own before exec, or no exec at all',
    ]),
  },
  'performance-critical': {
    label: 'performance critical?',
    ask: 'Is the time that a spawn takes critical?',
    means:
      'It is when the cost of a spawn is felt: the caller has much memory mapped, it starts many children a second, ' +
      'or the thread that spawns has other work waiting for it.',
    matters:
      "fork copies the caller's memory mappings, and the time for this grows with what is mapped: well under a " +
      "millisecond in a small process, tens of milliseconds with some gigabytes. Methods that share the caller's " +
      'memory take about the same time at every size.',
    yes: {
      to: 'posix',
      reason:
        'posix_spawn is ruled out already, fork is slow, and a zygote, small as it is, still forks. This leaves the ' +
        "two that share the caller's memory, vfork and clone, and the question that tells them apart.",
      source: 'our reading',
    },
    no: {
      to: 'single-threaded',
      reason:
        'Where a slow spawn hurts nobody, fork is still in the running, and what counts is how easy it is to get right.',
      source: 'article',
    },
    help: anyOf('yes', [
      'the program holds hundreds of megabytes or more when it spawns',
      'it has thousands of memory mappings (wc -l /proc/PID/maps)',
      'it starts tens of children a second, or more',
      'the thread that spawns runs an event loop or serves requests',
      'spawnctl bench shows fork to be slower than you can afford',
    ]),
  },
  'single-threaded': {
    label: 'single threaded?',
    ask: 'Is the program single-threaded when it spawns?',
    means:
      "Exactly one thread exists at the moment of the call, counting those that the language's runtime and the " +
      'libraries start by themselves: /proc/PID/task then has one entry. Node, Go and the JVM are never ' +
      'single-threaded.',
    matters:
      'fork copies only the thread that calls it. A lock that another thread holds stays locked in the child for ' +
      'ever, so that even an allocation can hang; signal handlers come along and can run into the same locks.',
    yes: {
      to: 'fork',
      reason: 'With one thread, no lock can be left behind by another: the housekeeping is ordinary code after fork.',
      source: 'article',
    },
    no: {
      to: 'foolproof',
      reason: 'With more threads, the code between fork and exec has to be fork-safe, and this is hard to keep up.',
      source: 'article',
    },
    help: anyOf('no', [
      'it runs on Node.js, Deno or Bun',
      'it is written in Go',
      'it runs on the JVM (Java, Kotlin, Scala, Clojure)',
      'it runs on .NET',
      'it uses a thread pool or an async runtime (such as tokio, rayon, OpenMP)',
      'it is Python, Ruby or the like, and has started threads',
      'it links a library that starts threads (such as gRPC, CUDA, OpenBLAS)',
      'an agent or LD_PRELOAD library is loaded into it',
      'you do not know',
    ]),
  },
  foolproof: {
    label: 'foolproof to implement?',
    ask: 'Must it be foolproof to implement?',
    means:
      'The housekeeping shall be ordinary code that anybody can change without knowing the rules of fork safety, ' +
      'and a second process with a protocol to talk to it is an acceptable price.',
    matters:
      'The ways that are left differ in who obeys the rules. A zygote has one thread and needs none of them. With ' +
      "vfork and clone the child works in the caller's memory, where one wrong write harms the caller.",
    yes: {
      to: 'zygote',
      reason:
        'A zygote is forked before the first thread starts and stays single-threaded, so its housekeeping is plain ' +
        'code; the price is a message to it for every child.',
      source: 'article',
    },
    no: {
      to: 'posix',
      reason: 'If you take the rules upon yourself, you need neither a second process nor a copy of the mappings.',
      source: 'article',
    },
    help: anyOf('yes', [
      'the housekeeping allocates, logs, or calls a library',
      'people who do not know signal-safety(7) will change it',
      'the language does not let you write code free of hidden calls',
      'a rare hang would cost more than the message per child',
    ]),
  },
  posix: {
    label: 'POSIX?',
    ask: 'Must the source also build on Unix systems other than Linux?',
    means:
      'The same source shall build where clone does not exist, such as on a BSD or on macOS. vfork was part of ' +
      'POSIX until 2008 and is still offered there; clone is known to Linux only.',
    matters:
      "Both share the caller's memory and are equally fast. clone gives the child a stack of its own and has flags " +
      'for everything that Linux can do to a new process; vfork has neither, but is portable.',
    yes: {
      to: 'vfork',
      reason: "Of the two calls that copy no mappings, vfork is the one that is not Linux's alone.",
      source: 'article',
    },
    no: {
      to: 'clone',
      reason: 'clone lies beneath all the others, can do what each of them can, and has no double return.',
      source: 'article',
    },
    help: anyOf('yes', [
      'the same source must build on a BSD or on macOS',
      'the rules of the project forbid calls that only Linux has',
    ]),
  },
}

function anyOf(answer: Answer, labels: readonly string[]): Checklist {
  return {
    kind: 'checklist',
    items: labels.map(label => ({label, answerIfChecked: answer})),
    otherwise: answer === 'yes' ? 'no' : 'yes',
  }
}
