import {describe, expect, it} from 'vitest'
import {virtualisation} from '../../../src/bench/machine/virtualisation.js'
import {onMachine} from '../../helpers/machine.js'

const guest = {'/proc/cpuinfo': 'model name\t: AMD EPYC\nflags\t\t: fpu hypervisor lahf_lm'}

function firmware(vendor: string, product: string) {
  return {'/sys/class/dmi/id/sys_vendor': vendor, '/sys/class/dmi/id/product_name': product}
}

describe('the virtualisation', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['none', firmware('Dell Inc.', 'PowerEdge R640')],
    ['none', firmware('Microsoft Corporation', 'Surface Pro')],
    ['none', firmware('Amazon EC2', 'c7g.metal')],
    ['a virtual machine', guest],
    ['amazon ec2', {...guest, ...firmware('Amazon EC2', 'm7a.large')}],
    ['google compute engine', firmware('Google', 'Google Compute Engine')],
    ['hyper-v', {...guest, ...firmware('Microsoft Corporation', 'Virtual Machine')}],
    ['kvm', {...guest, ...firmware('QEMU', 'Standard PC (Q35 + ICH9, 2009)')}],
    ['kvm', {...guest, ...firmware('Somebody', 'KVM')}],
    ['vmware', {...guest, ...firmware('VMware, Inc.', 'VMware7,1')}],
    ['virtualbox', {...guest, ...firmware('innotek GmbH', 'VirtualBox')}],
    ['xen', {...guest, '/sys/hypervisor/type': 'xen'}],
    ['wsl', {...guest, '/proc/sys/kernel/osrelease': '5.15.167.4-microsoft-standard-WSL2'}],
    ['docker', {'/.dockerenv': ''}],
    ['docker in a virtual machine', {...guest, '/.dockerenv': ''}],
    ['podman in kvm', {...guest, ...firmware('QEMU', 'x'), '/run/.containerenv': ''}],
    ['systemd-nspawn', {'/run/systemd/container': 'systemd-nspawn'}],
    ['kubernetes', {'/proc/self/cgroup': '0::/kubepods.slice/pod1/cri-containerd-2'}],
    ['docker', {'/proc/self/cgroup': '4:memory:/docker/0123'}],
    ['lxc', {'/proc/self/cgroup': '0::/lxc.payload.box'}],
    ['none', {'/proc/self/cgroup': '0::/user.slice/user-1000.slice/session-3.scope'}],
  ])('is %s with %j', (expected, texts) => {
    onMachine(texts, ({read}) => {
      expect(virtualisation(read)).toBe(expected)
    })
  })
})
