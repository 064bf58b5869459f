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
    '--registry-create-on-push',
    'a docker push makes the repository that is missing (default: it is refused, as in ECR; see docs/registry.md)',
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

program
  .command('agent')
  .description(
    'make this machine a container instance of a control plane; the first time it joins with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then it works under the role of its instance profile',
  )
  .addOption(clusterOption())
  .requiredOption('--endpoint <url>', 'address of the control plane, e.g. http://10.0.0.5:4566')
  .option('--data <dir>', "directory of the agent's state (default: ~/.slipway/agent)")
  .option('--instance-profile <name>', 'name or ARN of the instance profile to join with (default: ecsInstanceRole)')
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
