// SPDX-License-Identifier: MIT
// clients.mjs PROGRAM ROOT CAPTURES.json: the clients published as npm packages against the server, in each way that they can begin.

import { readFileSync } from 'node:fs';
import { useEverything } from './every_tool.mjs';

const [program, root, list] = process.argv.slice(2);
const captures = JSON.parse(readFileSync(list, 'utf8'));
const parameters = { command: program, args: ['mcp', '--root', root, '--allow-write', `${root}/exports`], stderr: 'inherit' };
const who = { name: 'tcplens-tests', version: '1' };

const second = await import('@modelcontextprotocol/client');
const { StdioClientTransport: SecondTransport } = await import('@modelcontextprotocol/client/stdio');
const { Client: FirstClient } = await import('@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport: FirstTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');

async function run(name, client, transport) {
  await client.connect(transport);
  const began = performance.now();
  const counts = await useEverything(client, captures);
  const version = client.getNegotiatedProtocolVersion?.() ?? client.getServerVersion()?.version;
  await client.close();
  console.log(`${name} (${version}): ${counts.calls} calls, ${counts.refused} of them refused as they should be, ` +
    `${counts.resources} resources read, ${counts.most} bytes at most, ${Math.round(performance.now() - began)} ms`);
}

for (const mode of ['auto', 'legacy', { pin: '2026-07-28' }]) {
  const client = new second.Client(who, { versionNegotiation: { mode } });
  await run(`@modelcontextprotocol/client, ${typeof mode === 'string' ? mode : 'pinned'}`, client, new SecondTransport(parameters));
}
await run('@modelcontextprotocol/sdk', new FirstClient(who), new FirstTransport(parameters));
