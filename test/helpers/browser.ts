import {existsSync} from 'node:fs'
import {type Browser, chromium} from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium']

/** A Chromium of this machine; undefined where there is none. */
export const browserPath = [process.env.CHROMIUM ?? '', ...places].find(path => path !== '' && existsSync(path))

/** Without its sandbox as root, which it refuses otherwise: the pages are our own. */
export function openBrowser(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({executablePath: browserPath as string, args})
}
