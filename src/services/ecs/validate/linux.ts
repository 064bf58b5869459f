/**
 * Settings that go straight to the Linux kernel: ulimits, capabilities, devices, tmpfs, swap, sysctls, security labels.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LinuxParameters.html
 */
import type { LinuxParameters, SystemControl, Ulimit } from '@aws-sdk/client-ecs';
import { DeviceCgroupPermission, UlimitName } from '@aws-sdk/client-ecs';
import type { NetworkMode } from '#model/rows.ts';
import { badSetting, firstDuplicate, isWhole, notSupported } from './check.ts';

const capabilities = new Set(
  (
    'ALL AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER ' +
    'KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP ' +
    'SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO ' +
    'SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM'
  ).split(' '),
);
const tmpfsOptions = new Set(
  (
    'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime ' +
    'nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime ' +
    'strictatime nostrictatime mode uid gid nr_inodes nr_blocks mpol'
  ).split(' '),
);
const ipcControls = new Set(
  'kernel.msgmax kernel.msgmnb kernel.msgmni kernel.sem kernel.shmall kernel.shmmax kernel.shmmni kernel.shm_rmid_forced'.split(
    ' ',
  ),
);

export function checkUlimits(container: string, ulimits: readonly Ulimit[]): void {
  const bad = (why: string) => badSetting(container, 'ulimits', why);
  const known = Object.values(UlimitName) as string[];
  for (const { name, softLimit, hardLimit } of ulimits) {
    if (!known.includes(name ?? '')) throw bad(`Unknown ulimit '${name}'. Must be one of [${known.join(',')}]`);
    if (!Number.isInteger(softLimit) || !Number.isInteger(hardLimit)) {
      throw bad(`Both 'softLimit' and 'hardLimit' of '${name}' must be specified.`);
    }
    if (hardLimit! >= 0 && (softLimit! < 0 || softLimit! > hardLimit!)) {
      throw bad(`'softLimit' of '${name}' must be less than or equal to 'hardLimit'.`);
    }
  }
  const duplicate = firstDuplicate(ulimits.map((ulimit) => ulimit.name ?? ''));
  if (duplicate !== undefined) throw bad(`Duplicate ulimit '${duplicate}'.`);
}

export function checkLinuxParameters(container: string, linux: LinuxParameters): void {
  const bad = (why: string) => badSetting(container, 'linuxParameters', why);
  for (const capability of [...(linux.capabilities?.add ?? []), ...(linux.capabilities?.drop ?? [])]) {
    if (!capabilities.has(capability)) throw bad(`Unknown capability '${capability}'.`);
  }
  const permissions = Object.values(DeviceCgroupPermission) as string[];
  for (const device of linux.devices ?? []) {
    if (!device.hostPath?.startsWith('/')) throw bad("'hostPath' of a device must be an absolute path.");
    const unknown = device.permissions?.find((permission) => !permissions.includes(permission));
    if (unknown) throw bad(`Unknown device permission '${unknown}'. Must be one of [${permissions.join(',')}]`);
  }
  for (const tmpfs of linux.tmpfs ?? []) {
    if (!tmpfs.containerPath?.startsWith('/')) throw bad("'containerPath' of a tmpfs must be an absolute path.");
    if (!isWhole(tmpfs.size, 1, Number.MAX_SAFE_INTEGER)) throw bad("'size' of a tmpfs must be greater than 0.");
    const unknown = tmpfs.mountOptions?.find((option) => !tmpfsOptions.has(option.split('=', 1)[0]!));
    if (unknown) throw bad(`Unknown tmpfs mount option '${unknown}'.`);
  }
  if (linux.sharedMemorySize !== undefined && !isWhole(linux.sharedMemorySize, 1, Number.MAX_SAFE_INTEGER)) {
    throw bad("'sharedMemorySize' must be greater than 0.");
  }
  if (linux.maxSwap !== undefined && !isWhole(linux.maxSwap, 0, Number.MAX_SAFE_INTEGER)) {
    throw bad("'maxSwap' must be greater than or equal to 0.");
  }
  if (linux.swappiness !== undefined && !isWhole(linux.swappiness, 0, 100)) {
    throw bad("'swappiness' must be between 0 and 100.");
  }
}

/** Only sysctls that belong to a namespace of the container's own; with the host's namespace there is none to set. */
export function checkSystemControls(
  container: string,
  controls: readonly SystemControl[],
  mode: NetworkMode,
  ipcMode: string | undefined,
): void {
  const bad = (why: string) => badSetting(container, 'systemControls', why);
  for (const { namespace, value } of controls) {
    if (!namespace || value === undefined) throw bad("Both 'namespace' and 'value' must be specified.");
    const isNetwork = namespace.startsWith('net.');
    if (!isNetwork && !ipcControls.has(namespace) && !namespace.startsWith('fs.mqueue.')) {
      throw bad(`Unsupported namespace '${namespace}'.`);
    }
    if (isNetwork && mode === 'host') throw bad(`'${namespace}' is not supported when networkMode=host.`);
    if (!isNetwork && ipcMode === 'host') throw bad(`'${namespace}' is not supported when ipcMode=host.`);
  }
  const duplicate = firstDuplicate(controls.map((control) => control.namespace!));
  if (duplicate !== undefined) throw bad(`Duplicate namespace '${duplicate}'.`);
}

export function checkSecurityOptions(container: string, given: readonly string[]): void {
  for (const option of given) {
    if (option.startsWith('credentialspec'))
      throw notSupported(`dockerSecurityOptions credentialspec of container '${container}'`);
    if (option !== 'no-new-privileges' && !/^(apparmor|label|no-new-privileges|seccomp)[:=].+/.test(option)) {
      throw badSetting(container, 'dockerSecurityOptions', `Unknown option '${option}'.`);
    }
  }
}
