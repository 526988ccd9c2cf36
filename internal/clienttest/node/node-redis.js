// Uses node-redis as programs do, against the server at PLAIN (a URL) and at SECURE, whose certificate is in the file CA.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { BasicClientSideCache, createClient, WatchError } from 'redis';

async function connect(options) {
  const client = createClient({ socket: { reconnectStrategy: false }, ...options });
  client.on('error', (err) => { throw err; });
  await client.connect();
  return client;
}

async function until(what, holds) {
  for (const end = Date.now() + 20_000; !(await holds());) {
    assert(Date.now() < end, `${what}: not within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function use(options) {
  const client = await connect(options);
  await client.flushAll();

  assert.equal(await client.set('k', 'v', { expiration: { type: 'EX', value: 100 } }), 'OK');
  assert.equal(await client.get('k'), 'v');
  assert.equal(await client.get('nosuch'), null);
  const ttl = await client.ttl('k');
  assert(ttl > 90 && ttl <= 100);
  await assert.rejects(client.lPush('k', 'x'), /^\[?WRONGTYPE|WRONGTYPE/);

  // Commands that are given without waiting for replies go as a pipeline.
  const replies = await Promise.all(Array.from({ length: 2000 }, () => client.incr('n')));
  assert.deepEqual(replies, Array.from({ length: 2000 }, (_, i) => i + 1));

  const [set, n, fields] = await client.multi().set('a', '1').incr('a').hGetAll('nosuch').exec();
  assert.deepEqual([set, n, Object.keys(fields)], ['OK', 2, []]);
  await client.watch('a');
  const other = await client.duplicate().connect();
  await other.set('a', '10');
  await assert.rejects(client.multi().incr('a').exec(), WatchError);

  await client.hSet('h', { name: 'ada', visits: 3 });
  assert.deepEqual({ ...(await client.hGetAll('h')) }, { name: 'ada', visits: '3' });
  await client.zAdd('z', [{ score: 1.5, value: 'a' }, { score: 2, value: 'b' }]);
  assert.equal(await client.zScore('z', 'a'), 1.5);
  assert.deepEqual(await client.zRangeWithScores('z', 0, -1), [{ value: 'a', score: 1.5 }, { value: 'b', score: 2 }]);
  await client.sAdd('s', ['x', 'y']);
  assert.deepEqual((await client.sMembers('s')).sort(), ['x', 'y']);

  await client.mSet(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`scan:${i}`, 'x'])));
  const seen = new Set();
  for await (const keys of client.scanIterator({ MATCH: 'scan:*', COUNT: 50 })) {
    for (const key of keys) seen.add(key);
  }
  assert.equal(seen.size, 500);

  const heard = [];
  await other.subscribe('news', (message, channel) => heard.push([channel, message]));
  await other.pSubscribe('n*', (message, channel) => heard.push([channel, message]));
  assert.equal(await client.publish('news', 'hello'), 2);
  await until('both messages', () => heard.length === 2);
  assert.deepEqual(heard, [['news', 'hello'], ['news', 'hello']]);
  await other.unsubscribe();
  await other.pUnsubscribe();

  const blocked = await client.duplicate().connect();
  const waiting = blocked.blPop('queue', 0);
  await client.rPush('queue', 'job');
  assert.deepEqual({ ...(await waiting) }, { key: 'queue', element: 'job' });

  blocked.destroy();
  other.destroy();
  await client.close();
}

async function cache(options) {
  const clientSideCache = new BasicClientSideCache({ ttl: 0, maxEntries: 100 });
  const client = await connect({ ...options, RESP: 3, clientSideCache });
  const writer = await connect(options);
  await writer.set('cached', 'old');
  assert.equal(await client.get('cached'), 'old');
  assert.equal(await client.get('cached'), 'old');
  assert.equal(clientSideCache.stats().hitCount, 1);
  await writer.set('cached', 'new');
  await until('the invalidation', async () => (await client.get('cached')) === 'new');
  await writer.flushAll();
  await until('the invalidation of everything', async () => (await client.get('cached')) === null);
  writer.destroy();
  client.destroy();
}

async function login(url) {
  const admin = await connect({ url });
  await admin.aclSetUser('ada', ['on', '>secret', '~ada:*', '+@all']);
  for (const RESP of [2, 3]) {
    const client = await connect({ url, RESP, username: 'ada', password: 'secret', database: 3, name: 'tester' });
    assert.equal(await client.aclWhoAmI(), 'ada');
    assert.equal(await client.clientGetName(), 'tester');
    await assert.rejects(client.get('bob:k'), /NOPERM/);
    client.destroy();
  }
  admin.destroy();
}

const tls = { url: process.env.SECURE, socket: { tls: true, ca: fs.readFileSync(process.env.CA), reconnectStrategy: false } };
for (const RESP of [2, 3]) {
  await use({ url: process.env.PLAIN, RESP });
  await use({ ...tls, RESP });
}
await cache({ url: process.env.PLAIN });
await cache(tls);
await login(process.env.PLAIN);
