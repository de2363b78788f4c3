/* axe's findings in the current state of the page, in both themes. */
import axe from 'axe-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function findings(page) {
    const found = [];

    await page.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.waitForSelector(`html[data-bs-theme="${colorScheme}"]`);
        const { violations } = await page.evaluate(
            (values) => window.axe.run({ runOnly: { type: 'tag', values } }),
            RULES,
        );
        for (const { id, nodes } of violations)
            found.push(
                ...nodes.map(
                    (node) =>
                        `${colorScheme} ${id}: ${node.html.slice(0, 120)} (${node.failureSummary})`,
                ),
            );
    }
    return found;
}
