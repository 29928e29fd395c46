import {homedir} from 'node:os'
import {isAbsolute, join} from 'node:path'

/** Undefined where $HOME is not set and the user has no entry in /etc/passwd, as in many containers. */
function home(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}

/** $XDG_CACHE_HOME counts only when it is absolute (XDG Base Directory Specification), and so does a home. */
export function cacheDirectory(): string | undefined {
  const places = [process.env.XDG_CACHE_HOME ?? '', join(home() || '.', '.cache')]
  const place = places.find(isAbsolute)
  return place && join(place, 'spawnctl')
}
