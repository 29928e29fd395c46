import {sameBallast} from './ballast.js'
import type {Scenario} from './result.js'
import type {Ballast} from './runner.js'

type Axes = Pick<Scenario, 'memoryBytes' | 'mappedBytes' | 'mappings' | 'threads' | 'thp'>

/** Every combination, memory growing fastest; without memory there is nothing for huge pages to back. */
export function ballastsOf({memoryBytes, mappedBytes, mappings, threads, thp}: Axes): readonly Ballast[] {
  const [usual] = thp
  const all = threads.flatMap(threads =>
    mappings.flatMap(mappings =>
      mappedBytes.flatMap(mappedBytes =>
        thp.flatMap(thp =>
          memoryBytes.map(memoryBytes => ({
            memoryBytes,
            mappings,
            thp: memoryBytes > 0 ? thp : (usual as Ballast['thp']),
            mappedBytes,
            threads,
          })),
        ),
      ),
    ),
  )
  return all.filter((ballast, i) => all.findIndex(other => sameBallast(ballast, other)) === i)
}
