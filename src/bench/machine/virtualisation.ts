import type {ReadText} from './files.js'
import {runsUnderHypervisor} from './processor.js'

/** "sys_vendor product_name" of the firmware. */
const machines: readonly (readonly [RegExp, string | undefined])[] = [
  [/^Amazon EC2 .*\.metal/, undefined],
  [/^Amazon EC2/, 'amazon ec2'],
  [/^Google/, 'google compute engine'],
  [/^Microsoft Corporation Virtual Machine/, 'hyper-v'],
  [/^VMware/, 'vmware'],
  [/^(innotek GmbH|Oracle Corporation) VirtualBox/, 'virtualbox'],
  [/^Xen/, 'xen'],
  [/^(QEMU|Red Hat|OpenStack|DigitalOcean|Hetzner|Scaleway|Alibaba)|KVM/, 'kvm'],
]

/** What a manager of containers leaves in the path of a cgroup. */
const containers: readonly (readonly [RegExp, string])[] = [
  [/kubepods/, 'kubernetes'],
  [/docker/, 'docker'],
  [/libpod/, 'podman'],
  [/lxc/, 'lxc'],
  [/containerd/, 'containerd'],
]

function firstMatch<T>(table: readonly (readonly [RegExp, T])[], text: string): T | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1]
}

function container(read: ReadText): string | undefined {
  if (read('/.dockerenv') !== undefined) return 'docker'
  if (read('/run/.containerenv') !== undefined) return 'podman'
  return read('/run/systemd/container') ?? firstMatch(containers, read('/proc/self/cgroup') ?? '')
}

function machine(read: ReadText): string | undefined {
  if (/microsoft/i.test(read('/proc/sys/kernel/osrelease') ?? '')) return 'wsl'
  const firmware = ['sys_vendor', 'product_name'].map(name => read(`/sys/class/dmi/id/${name}`) ?? '').join(' ')
  const named = read('/sys/hypervisor/type') ?? firstMatch(machines, firmware)
  return named ?? (runsUnderHypervisor(read) ? 'a virtual machine' : undefined)
}

/** "none", "kvm", "docker in a virtual machine": as far as files tell that everybody may read. */
export function virtualisation(read: ReadText): string {
  const layers = [container(read), machine(read)].filter(layer => layer !== undefined)
  return layers.length === 0 ? 'none' : layers.join(' in ')
}
