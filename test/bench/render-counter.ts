import type { Page } from 'playwright-core';

/** The parts of React's tree that are read here; React tells them to its developer tools. */
interface Fiber {
  readonly type: unknown;
  readonly flags: number;
  readonly alternate: Fiber | null;
  readonly child: Fiber | null;
  readonly sibling: Fiber | null;
  readonly memoizedProps: { readonly 'data-node'?: string } | null;
}

declare global {
  interface Window {
    /** Nodes of the graph of which any component rendered since the page began to count. */
    rendered: Set<string>;
  }
}

/**
 * Counts renders of components, not changes of the page: React reports every commit to a global hook,
 * and a fiber that did work carries the flag PerformedWork. Call before the page loads.
 */
export async function countRenders(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const PERFORMED_WORK = 1;
    window.rendered = new Set();
    const walk = (fiber: Fiber, owner: string | undefined): void => {
      const node = fiber.memoizedProps?.['data-node'] ?? owner;
      const before = fiber.alternate;
      const didRender = typeof fiber.type === 'function' && (fiber.flags & PERFORMED_WORK) !== 0;
      if (before !== null && didRender && node !== undefined) window.rendered.add(node);
      // A part of the tree that React passed over still holds the same first child.
      if (before !== null && before.child === fiber.child) return;
      for (let child = fiber.child; child; child = child.sibling) walk(child, node);
    };
    Object.assign(window, {
      __REACT_DEVTOOLS_GLOBAL_HOOK__: {
        supportsFiber: true,
        inject: () => 1,
        onCommitFiberUnmount: () => undefined,
        onPostCommitFiberRoot: () => undefined,
        onCommitFiberRoot: (_id: number, root: { readonly current: Fiber }) => walk(root.current, undefined),
      },
    });
  });
}
