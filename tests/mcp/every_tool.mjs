// SPDX-License-Identifier: MIT
// What a client does with the server, whichever client it is: it lists everything and calls every tool.

import assert from 'node:assert/strict';

// What the protocol lets through is checked by the client itself: schemas of messages, and structuredContent against outputSchema.
const mostBytes = 24 * 1024;

const sizeOf = (value) => Buffer.byteLength(JSON.stringify(value));

/** The arguments of each tool for a capture. */
const questions = (file, connection) => ({
  analyze_tcp_connections: [{ pcap_file: file }, { pcap_file: file, detailed: true }, { pcap_file: file, server_port: 9000 }],
  analyze_tcp_anomalies: [{ pcap_file: file }, { pcap_file: file, server_ip: '10.77.0.2' }],
  analyze_tcp_retransmissions: [{ pcap_file: file }, { pcap_file: file, threshold: 0.5 }],
  analyze_traffic_flow: [{ pcap_file: file, server_ip: '10.77.0.2' }, { pcap_file: file, server_ip: '::1', server_port: 80 }],
  describe_capture: [{ pcap_file: file }],
  list_connections: [{ pcap_file: file }, { pcap_file: file, order: 'duration', limit: 3 }, { pcap_file: file, state: 'reset' }],
  get_connection: [{ pcap_file: file, connection }],
  get_segments: [{ pcap_file: file, connection }, { pcap_file: file, connection, only: 'noted', limit: 2 }],
  find_observations: [{ pcap_file: file }, { pcap_file: file, kind: 'path_trouble' }],
  get_time_series: [{ pcap_file: file }, { pcap_file: file, connection, interval_ms: 10 }],
  render_graph: [{ pcap_file: file, connection }],
  export_connection: [{ pcap_file: file, connection, name: `test-${process.pid}-${Math.random().toString(36).slice(2)}` }],
});

const isWrong = (result) => result.isError === true;

/** Lists, reads and calls everything. `captures`: paths, and whether there are connections to be found in them. */
export async function useEverything(client, captures) {
  const { tools } = await client.listTools();
  assert.equal(tools.length, 12, 'tools');
  assert.ok(sizeOf({ tools }) < 12 * 1024, `the list of tools has ${sizeOf({ tools })} bytes`);
  const { prompts } = await client.listPrompts();
  assert.deepEqual(prompts.map((each) => each.name), ['tcp_connection_troubleshooting', 'tcp_security_analysis']);
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.equal(resourceTemplates.length, 3, 'templates');
  const { resources } = await client.listResources();
  assert.ok(resources.length > 0, 'resources');

  for (const { name } of prompts) {
    const given = await client.getPrompt({ name, arguments: { pcap_file: captures[0].file, server: '10.77.0.2:9000' } });
    assert.ok(given.messages[0].content.text.includes('analyze_tcp_connections'), name);
  }
  const counts = { calls: 0, refused: 0, most: 0, resources: 0 };
  for (const { file, connections, refused } of captures) {
    const asked = questions(file, connections > 0 ? connections - 1 : 0);
    assert.deepEqual(Object.keys(asked).sort(), tools.map((each) => each.name).sort());
    for (const [name, list] of Object.entries(asked)) {
      for (const question of list) {
        const result = await client.callTool({ name, arguments: question });
        ++counts.calls;
        counts.most = Math.max(counts.most, sizeOf(result));
        assert.ok(sizeOf(result) < mostBytes, `${name} of ${file}: ${sizeOf(result)} bytes`);
        assert.equal(result.content[0].type, 'text');
        const needsOne = 'connection' in question && !connections;
        assert.equal(isWrong(result), Boolean(refused || needsOne), `${name} of ${file}: ${result.content[0].text}`);
        counts.refused += isWrong(result);
        for (const link of result.content.filter((each) => each.type === 'resource_link')) {
          const read = await client.readResource({ uri: link.uri });
          ++counts.resources;
          assert.ok(read.contents[0].text.length > 0, link.uri);
        }
      }
    }
    if (connections > 4) await readPages(client, file, connections);
  }
  await makeMistakes(client, captures[0].file);
  return counts;
}

/** Page by page, every connection comes once. */
async function readPages(client, file, connections) {
  const seen = [];
  let cursor;
  do {
    const question = { pcap_file: file, order: 'bytes', limit: 4, ...(cursor ? { cursor } : {}) };
    const { structuredContent } = await client.callTool({ name: 'list_connections', arguments: question });
    seen.push(...structuredContent.connections.map((each) => each.number));
    cursor = structuredContent.next_cursor;
    if (seen.length > 100) return; // of a large capture the beginning is enough
  } while (cursor);
  assert.deepEqual([...seen].sort((a, b) => a - b), Array.from({ length: connections }, (_, i) => i));
}

/** A wrong question is answered by a sentence, and the next one by an answer. */
async function makeMistakes(client, file) {
  const wrong = [
    ['describe_capture', {}, /pcap_file is missing/],
    ['describe_capture', { pcap_file: '../../../etc/passwd' }, /not read|no file/],
    ['describe_capture', { pcap_file: '/etc/passwd' }, /not beneath/],
    ['describe_capture', { pcap_file: '/proc/self/environ' }, /not beneath/],
    ['describe_capture', { pcap_file: 'https://example.com/a.pcap' }, /no URLs|--allow-url/],
    ['describe_capture', { pcap_file: file, colour: 'red' }, /no argument 'colour'/],
    ['list_connections', { pcap_file: file, cursor: '3-0123456789abcdef' }, /another question/],
    ['get_connection', { pcap_file: file, connection: 4_000_000 }, /no connection 4000000/],
    ['analyze_tcp_connections', { pcap_file: file, server_port: 99_999 }, /1 to 65535/],
  ];
  for (const [name, question, sentence] of wrong) {
    const result = await client.callTool({ name, arguments: question });
    assert.equal(result.isError, true, `${name} ${JSON.stringify(question)}`);
    assert.match(result.content[0].text, sentence);
  }
  await assert.rejects(client.callTool({ name: 'no_such_tool', arguments: {} }), /Unknown tool/);
  await assert.rejects(client.getPrompt({ name: 'no_such_prompt', arguments: {} }));
  await assert.rejects(client.readResource({ uri: 'tcplens://capture/none/connection/1' }));
  assert.ok(!isWrong(await client.callTool({ name: 'describe_capture', arguments: { pcap_file: file } })));
}
