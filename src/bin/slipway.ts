/**
 * The command line. Only options and help live here; each command's code is loaded when it is the one that runs, so
 * that `slipway env` in a shell's prompt costs next to nothing.
 */
import { Command, Option } from 'commander';
import { version } from '#control-plane/version.ts';
import { reportFailure } from './report-failure.ts';

const program = new Command('slipway')
  .description('Amazon ECS on your own machines: the same APIs, real containers.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'show help')
  .helpCommand('help [command]', 'show help for a command')
  .showHelpAfterError('(slipway --help lists what there is)')
  .addHelpText('after', '\nEvery command looks in --data, else $SLIPWAY_DATA, else ~/.slipway.');

const dataOption = () =>
  new Option('--data <dir>', 'directory of the durable state (default: $SLIPWAY_DATA or ~/.slipway)');
const jsonOption = () => new Option('--json', 'print JSON');
const instancesOption = () => new Option('--instances <count>', 'show at most so many instances (default: 100)');
const storageOption = () =>
  new Option(
    '--registry-storage <where>',
    'where the bytes of images are: fs or s3://BUCKET/PREFIX (default: fs, in the data directory; see docs/registry-storage.md)',
  );
const s3EndpointOption = () =>
  new Option('--s3-endpoint <url>', 'address of an S3-compatible store (default: Amazon S3)');
const s3RegionOption = () =>
  new Option('--s3-region <name>', 'region of the bucket (default: $AWS_REGION or us-east-1)');
const s3PathStyleOption = () =>
  new Option('--s3-path-style', 'name the bucket in the path, not in the host, as most S3-compatible stores want it');
const append = (value: string, before: string[]) => [...before, value];
const clusterOption = () => new Option('--cluster <name>', 'name or ARN of the cluster').default('default');

program
  .command('up')
  .description('start the control plane, this machine as a container instance, and a sample service; runs until Ctrl-C')
  .option('--port <number>', 'port of the APIs (default: 4566; 0: any free one)')
  .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
  .addOption(dataOption())
  .option('--region <name>', 'region of this machine (default: $AWS_REGION or us-east-1)')
  .option(
    '--auth <mode>',
    'strict: every call needs a known key; permissive: made-up keys too, loopback only (default: strict)',
  )
  .option('--no-sample', 'do not make the sample service')
  .option('--no-container-endpoint', 'do not tell containers where the APIs are, nor let them reach these by the agent')
  .option('--no-agent', 'control plane only: no Docker needed, nothing runs on this machine')
  .option('--history-days <number>', 'how long the history of tasks and services is kept (default: 30)')
  .option('--history-mib <number>', 'how large it may grow; the oldest goes first (default: 2048)')
  .option(
    '--instance-loss-minutes <number>',
    'services replace their tasks on an instance whose agent is away for so long; 0: never (default: 5)',
  )
  .option(
    '--pending-timeout-minutes <number>',
    'services give up a task that its agent says nothing about for so long; 0: never (default: 30)',
  )
  .option(
    '--quotas <which>',
    "which of AWS's quotas and API throttles hold: aws, off, or a JSON file (default: off; see docs/quotas.md)",
  )
  .option(
    '--tls-cert <file>',
    'also answer over TLS, with this certificate (PEM, with its chain); read again when it changes',
  )
  .option('--tls-key <file>', 'the key of that certificate')
  .option('--tls-port <number>', 'port of TLS (default: 8443)')
  .option('--registry-domain <name>', 'name of the image registry in answers, e.g. registry.example.org')
  .option('--signature-policy <file>', 'refuse images without a signature that the file asks for (see docs/signing.md)')
  .option(
    '--registry-create-on-push',
    'a docker push makes the repository that is missing (default: it is refused, as in ECR; see docs/registry.md)',
  )
  .addOption(storageOption())
  .addOption(s3EndpointOption())
  .addOption(s3RegionOption())
  .addOption(s3PathStyleOption())
  .option(
    '--s3-redirect [url]',
    'pulls of layers are sent to the bucket; with the URL at which clients reach it, if that is another one',
  )
  .option(
    '--registry-gc-grace-hours <number>',
    'how long a layer stays that no image uses any more, or not yet (default: 12; see docs/registry-storage.md)',
  )
  .option(
    '--upstream <name=url>',
    'where an upstream of the pull-through cache is, by name or host; repeat for more (see docs/registry-replication.md)',
    append,
    [],
  )
  .option('--upstream-ca <file>', 'further certificate authorities that other registries may have theirs from')
  .option('--upstream-recheck-hours <number>', 'how old a cached tag may be unasked (default: 24)')
  .option(
    '--replication-target <registry=url>',
    'a registry elsewhere that images are replicated to, by account or account/region; repeat for more',
    append,
    [],
  )
  .addOption(
    new Option('--scanner <name>', 'what scans images (see docs/scanning.md)')
      .choices(['auto', 'slipway', 'trivy', 'grype'])
      .default('auto'),
  )
  .addOption(
    new Option('--log-level <level>', 'how much goes into the log files')
      .choices(['debug', 'info', 'warn', 'error'])
      .default('info'),
  )
  .action(async (options) => (await import('./commands/up.ts')).runUp(options));

program
  .command('down')
  .description("stop the control plane and this machine's agent; containers keep running unless asked otherwise")
  .addOption(dataOption())
  .option(
    '--containers',
    'also stop and remove the containers of tasks on this machine; services replace them at the next start',
  )
  .option('--purge', 'also delete the data directory: clusters, services, keys, logs. Implies --containers')
  .option('-y, --yes', 'do not ask before --purge')
  .action(async (options) => (await import('./commands/down.ts')).runDown(options));

program
  .command('status')
  .description('clusters, container instances, services and tasks at a glance')
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/status.ts')).runStatus(options));

program
  .command('env')
  .description('print what points the AWS CLI and SDKs at Slipway: eval "$(slipway env)"')
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/env.ts')).runEnv(options));

program
  .command('logs')
  .description('print what the containers of a task or service have written')
  .argument('<task|service>', "a task's id or ARN, or the name or ARN of a service")
  .option('-f, --follow', 'go on printing until Ctrl-C')
  .option('--since <duration>', 'how far back, e.g. 30s, 10m, 2h, 1d (default: everything)')
  .addOption(clusterOption())
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (target, options) => (await import('./commands/logs.ts')).runLogs(target, options));

program
  .command('why')
  .description(
    'why tasks of a service or task definition are, or are not, placed: state, throttle, and every instance with its reasons',
  )
  .argument(
    '<service|task-definition>',
    'name or ARN of a service, or family, family:revision or ARN of a task definition',
  )
  .addOption(clusterOption())
  .addOption(instancesOption())
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (target, options) => (await import('./commands/why.ts')).runWhy(target, options));

program
  .command('place')
  .description('show which container instance would take each task, and why not the others; starts nothing')
  .argument('<task-definition>', 'family, family:revision or ARN')
  .option('--dry-run', 'required: only show')
  .option('--count <number>', 'how many tasks (default: 1)')
  .addOption(clusterOption())
  .option('--strategy <strategy>', 'random, spread=FIELD or binpack=FIELD; repeat to chain', append, [])
  .option('--constraint <constraint>', 'distinctInstance or memberOf=EXPRESSION; repeat for more', append, [])
  .option('--launch-type <type>', 'EC2 or EXTERNAL (default: EC2)')
  .option('--group <name>', 'group of the tasks (default: family:FAMILY)')
  .option('--cpu <size>', "overrides the task's cpu, e.g. 256 or 0.5vCPU")
  .option('--memory <size>', "overrides the task's memory, e.g. 512 or 1GB")
  .addOption(instancesOption())
  .addOption(dataOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExit code: 0 when all tasks can be placed, 2 when not.')
  .action(async (target, options) => (await import('./commands/place.ts')).runPlace(target, options));

program
  .command('history')
  .description('what has happened to a task or service, also long after it has stopped')
  .argument('<task|service>', "a task's id or ARN, or the name or ARN of a service")
  .option('--limit <number>', 'show the newest so many changes (default: 100)')
  .addOption(clusterOption())
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (target, options) => (await import('./commands/history.ts')).runHistory(target, options));

program
  .command('why-denied')
  .description('why a request was refused: every policy that was asked, and each of its statements with the reason')
  .argument('<request-id>', 'as the client printed it with the error')
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (id, options) => (await import('./commands/why-denied.ts')).runWhyDenied(id, options));

const account = program.command('account').description('the accounts of this installation');
account
  .command('create')
  .description("make an account; prints its root's access key, the secret only this once")
  .option('--name <name>', 'what it is for')
  .option('--id <digits>', '12 digits (default: drawn at random)')
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/account.ts')).runAccountCreate(options));
account
  .command('list')
  .description('list the accounts')
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/account.ts')).runAccountList(options));

program
  .command('iam')
  .description('what IAM would decide')
  .command('simulate')
  .description('may a user, group or role do something? Uses its policies as they are; does nothing')
  .requiredOption('--principal <arn>', 'user, group or role')
  .requiredOption('--action <name>', 'e.g. ecs:RunTask; repeat for more', append, [])
  .option('--resource <arn>', 'what it would be done to; repeat for more (default: *)', append, [])
  .option('--context <key=value>', 'a condition key, e.g. aws:SourceIp=10.0.0.1; repeat for more', append, [])
  .addOption(dataOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExit code: 0 when all of it is allowed, 2 when not.')
  .action(async (options) => (await import('./commands/simulate.ts')).runSimulate(options));

const scanDb = program.command('scan-db').description('the vulnerability database that images are scanned with');
scanDb
  .command('update')
  .description(
    'make it anew from what OSV publishes; a control plane that runs scans again what is scanned continuously',
  )
  .option('--from <dir>', "from OSV's exports in a directory: .zip archives, .json files; downloads nothing")
  .option('--ecosystem <name>', 'download this one, e.g. Debian, npm, PyPI; repeat for more', append, [])
  .option('--source <url>', 'where the exports are (default: the public bucket of osv.dev)')
  .addOption(dataOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nWithout --ecosystem: those downloaded before, else all that Slipway finds packages of.')
  .action(async (options) => (await import('./commands/scan-db.ts')).runScanDbUpdate(options));
scanDb
  .command('status')
  .description('how new it is and what it covers')
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/scan-db.ts')).runScanDbStatus(options));

const registryCommand = program.command('registry').description('the image registry of this installation');
registryCommand
  .command('trust')
  .description("make the names of AWS's registries lead to Slipway on this machine (root)")
  .option('--account <id>', "account whose registry it is; repeat for more (default: the administrator's)", append, [])
  .option('--region <name>', 'region of the registry; repeat for more (default: that of this machine)', append, [])
  .option('--no-public', 'leave public.ecr.aws to AWS')
  .option('--registry-tls-port <number>', 'listen there instead of at 443', '443')
  .addOption(dataOption())
  .action(async (options) => (await import('./commands/registry-trust.ts')).runRegistryTrust(options));
registryCommand
  .command('untrust')
  .description('undo `trust`: hosts file and certificates of this machine are as before (root)')
  .addOption(dataOption())
  .action(async (options) => (await import('./commands/registry-trust.ts')).runRegistryUntrust(options));
registryCommand
  .command('gc')
  .description('remove now what no image needs; it happens by itself, too')
  .option('--dry-run', 'only say what would be removed')
  .option('--grace <duration>', 'instead of the usual 12h, e.g. 30m; 0 when nobody pushes at the moment')
  .addOption(dataOption())
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/registry-maintenance.ts')).runRegistryGc(options));
registryCommand
  .command('fsck')
  .description(
    'check every byte of every image, and that nothing is missing; works while Slipway runs and when it does not',
  )
  .option('--repair', 'drop what is damaged, so that the next push brings it again')
  .addOption(storageOption())
  .addOption(s3EndpointOption())
  .addOption(s3RegionOption())
  .addOption(s3PathStyleOption())
  .addOption(dataOption())
  .addOption(jsonOption())
  .addHelpText(
    'after',
    '\nExit code: 0 when all is sound or repaired, 2 when not. The storage options are for a Slipway that does not run.',
  )
  .action(async (options) => (await import('./commands/registry-maintenance.ts')).runRegistryFsck(options));
registryCommand
  .command('sbom')
  .description('the bill of materials of an image: what is installed in it')
  .argument('<image>', 'repository:tag, repository@digest, also with HOST/<account>.<region>/ before it')
  .addOption(new Option('--format <name>', 'the form').choices(['spdx', 'cyclonedx']).default('spdx'))
  .option('-o, --output <file>', 'write it there (default: standard output)')
  .option('--attach', 'attach it to the image as an artifact that refers to it')
  .option('--platform <os/arch>', "which image of an index (default: this machine's)")
  .addOption(dataOption())
  .action(async (image, options) => (await import('./commands/registry-sbom.ts')).runRegistrySbom(image, options));

program
  .command('agent')
  .description(
    'make this machine a container instance of a control plane; the first time it joins with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then it works under the role of its instance profile',
  )
  .addOption(clusterOption())
  .requiredOption('--endpoint <url>', 'address of the control plane, e.g. http://10.0.0.5:4566')
  .option('--data <dir>', "directory of the agent's state (default: ~/.slipway/agent)")
  .option('--instance-profile <name>', 'name or ARN of the instance profile to join with (default: ecsInstanceRole)')
  .option('--no-container-endpoint', 'do not tell containers where the APIs are, nor let them reach these by the agent')
  .addOption(
    new Option('--log-level <level>', 'how much to log').choices(['debug', 'info', 'warn', 'error']).default('info'),
  )
  .action(async (options) => (await import('./commands/agent.ts')).runAgentCommand(options));

program
  .command('doctor')
  .description('check what Slipway needs on this machine, and say what to do about what is missing')
  .addOption(dataOption())
  .option('--port <number>', 'port that `up` would use', '4566')
  .addOption(jsonOption())
  .action(async (options) => (await import('./commands/doctor.ts')).runDoctor(options));

// `slipway logs … | head` ends the reader first; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
}
