// Uses ioredis as programs do, against the server at PLAIN (a URL) and at SECURE, whose certificate is in the file CA.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Redis } from 'ioredis';

async function until(what, holds) {
  for (const end = Date.now() + 20_000; !(await holds());) {
    assert(Date.now() < end, `${what}: not within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function use(url, options) {
  const client = new Redis(url, options);
  const other = client.duplicate();
  await client.flushall();

  assert.equal(await client.set('k', 'v', 'EX', 100), 'OK');
  assert.equal(await client.get('k'), 'v');
  assert.equal(await client.get('nosuch'), null);
  assert.deepEqual(await client.getBuffer('k'), Buffer.from('v'));
  await assert.rejects(client.lpush('k', 'x'), /WRONGTYPE/);

  const pipeline = client.pipeline();
  for (let i = 0; i < 2000; i++) pipeline.incr('n');
  const replies = await pipeline.exec();
  assert.deepEqual(replies, Array.from({ length: 2000 }, (_, i) => [null, i + 1]));

  assert.deepEqual(await client.multi().set('a', '1').incr('a').exec(), [[null, 'OK'], [null, 2]]);
  await client.watch('a');
  await other.set('a', '10');
  assert.equal(await client.multi().incr('a').exec(), null);

  await client.hset('h', { name: 'ada', visits: 3 });
  assert.deepEqual({ ...(await client.hgetall('h')) }, { name: 'ada', visits: '3' });
  await client.zadd('z', 1.5, 'a', 2, 'b');
  assert.equal(Number(await client.zscore('z', 'a')), 1.5);
  await client.sadd('s', 'x', 'y');
  assert.deepEqual((await client.smembers('s')).sort(), ['x', 'y']);

  await client.mset(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`scan:${i}`, 'x'])));
  const seen = new Set();
  for await (const keys of client.scanStream({ match: 'scan:*', count: 50 })) {
    for (const key of keys) seen.add(key);
  }
  assert.equal(seen.size, 500);

  const heard = [];
  other.on('message', (channel, message) => heard.push([channel, message]));
  other.on('pmessage', (pattern, channel, message) => heard.push([pattern, channel, message]));
  await other.subscribe('news');
  await other.psubscribe('n*');
  assert.equal(await client.publish('news', 'hello'), 2);
  await until('both messages', () => heard.length === 2);
  assert.deepEqual(heard, [['news', 'hello'], ['n*', 'news', 'hello']]);
  await other.unsubscribe('news');
  await other.punsubscribe('n*');

  const waiting = other.blpop('queue', 0);
  await client.rpush('queue', 'job');
  assert.deepEqual(await waiting, ['queue', 'job']);

  await other.quit();
  await client.quit();
}

async function login(url) {
  const admin = new Redis(url);
  await admin.acl('SETUSER', 'ada', 'on', '>secret', '~ada:*', '+@all');
  const client = new Redis(url, { username: 'ada', password: 'secret', db: 3, connectionName: 'tester' });
  assert.equal(await client.acl('WHOAMI'), 'ada');
  assert.equal(await client.client('GETNAME'), 'tester');
  await assert.rejects(client.get('bob:k'), /NOPERM/);
  await client.quit();
  await admin.quit();
}

for (const protocol of [2, 3]) {
  await use(process.env.PLAIN, { protocol });
  await use(process.env.SECURE, { protocol, tls: { ca: fs.readFileSync(process.env.CA) } });
}
await login(process.env.PLAIN);
