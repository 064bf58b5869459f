// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are filled in by a shell or by another program
/** What the tasks of the sample service `hello` run: a page that says which task answered. */

const style = `body{margin:0;min-height:100vh;display:grid;place-items:center;font:16px/1.5 system-ui,sans-serif;background:#eef3f7;color:#1b2a38}
main{background:#fff;border-radius:14px;padding:2.2rem 2.6rem;box-shadow:0 8px 30px #1b2a3818;max-width:44rem}
h1{margin:0 0 .3rem;font-size:1.7rem}p{margin:.2rem 0 1.2rem;color:#52667a}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1.2rem;margin:0}dt{color:#7b8fa3}dd{margin:0;font-family:ui-monospace,monospace;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{background:#111a22;color:#e6eef5}main{background:#1a2631}p{color:#9fb3c6}}`;

const page = (
  values: Readonly<Record<'task' | 'cluster' | 'family' | 'hostname' | 'time', string>>,
): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Hello from Slipway</title><style>${style}</style></head>
<body><main><h1>Hello from Slipway</h1><p>This page was served by a task of the ECS service <b>hello</b>. Reload, or try the other task's port.</p>
<dl><dt>Task</dt><dd>${values.task}</dd><dt>Cluster</dt><dd>${values.cluster}</dd><dt>Definition</dt><dd>${values.family}</dd><dt>Container</dt><dd>${values.hostname}</dd><dt>Time</dt><dd>${values.time}</dd></dl>
</main></body></html>
`;

/**
 * The shell stays the first process: it hears the stop signal, which httpd as the first process would not, and so the
 * container ends at once.
 */
export const busyboxStart = `#!/bin/sh
trap 'echo "hello: stopping"; exit 0' TERM INT
echo "hello: task \${ECS_CONTAINER_METADATA_URI_V4##*/} listens on port 80"
httpd -f -vv -p 80 -h /www 2>&1 &
wait
`;

/** Asks the task metadata endpoint who it is; the page still works where that does not answer. */
export const busyboxCgi = `#!/bin/sh
document=
if [ -n "$ECS_CONTAINER_METADATA_URI_V4" ]; then
  document=$(timeout 2 wget -q -O - "$ECS_CONTAINER_METADATA_URI_V4/task" 2>/dev/null)
fi
first() { echo "$document" | sed "s/\\"Containers\\".*//" | sed -n "s/.*\\"$1\\": *\\"\\([^\\"]*\\)\\".*/\\1/p"; }
task=$(first TaskARN)
cluster=$(first Cluster)
family="$(first Family):$(first Revision)"
printf 'Content-Type: text/html; charset=utf-8\\r\\nConnection: close\\r\\n\\r\\n'
cat <<PAGE
${page({
  task: '${task:-unknown}',
  cluster: '${cluster:-unknown}',
  family: '$family',
  hostname: '$(hostname)',
  time: '$(date)',
})}PAGE
`;

export const nodeServer = `'use strict';
const http = require('node:http');
const os = require('node:os');
const uri = process.env.ECS_CONTAINER_METADATA_URI_V4;
const metadata = async () => (uri ? (await fetch(uri + '/task', { signal: AbortSignal.timeout(2000) })).json() : {});
const server = http.createServer(async (request, response) => {
  const task = await metadata().catch(() => ({}));
  console.log(request.method + ' ' + request.url);
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(\`${page({
    task: "${task.TaskARN ?? 'unknown'}",
    cluster: "${task.Cluster ?? 'unknown'}",
    family: '${task.Family}:${task.Revision}',
    hostname: '${os.hostname()}',
    time: '${new Date().toUTCString()}',
  })}\`);
});
server.listen(80, () => console.log('hello: listens on port 80'));
process.on('SIGTERM', () => { console.log('hello: stopping'); process.exit(0); });
`;
