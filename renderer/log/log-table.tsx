import type { ReactNode } from 'react';

/** A table of the log: a row for each thing, named on its left, with a number or two on its right. */
export function LogTable({
  heads: [first, ...others],
  children,
}: {
  readonly heads: readonly string[];
  /** The bodies of the table. */
  readonly children: ReactNode;
}) {
  return (
    <table className="w-full border-collapse text-label">
      <thead>
        <tr className="text-left text-faint [&>th]:pb-1 [&>th]:font-normal">
          <th scope="col">{first}</th>
          {others.map((head) => (
            <th key={head} scope="col" className="pl-2 text-right">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      {children}
    </table>
  );
}
