import { ChevronRight } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { cn } from './class-names.ts';

interface FoldProps {
  readonly title: string;
  /** Beside the title, such as how many there are. */
  readonly note?: ReactNode;
  /** At the right of the title. */
  readonly action?: ReactNode;
  readonly isOpenAtFirst?: boolean;
  readonly children: ReactNode;
}

/** A part of a panel that opens and closes below its title. */
export function Fold({ title, note, action, isOpenAtFirst = true, children }: FoldProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <section aria-labelledby={id} className="border-b border-line last:border-b-0">
      <div className="flex h-9 items-center justify-between gap-2 pr-2">
        <h3 className="min-w-0 flex-1">
          <button
            id={id}
            type="button"
            aria-expanded={isOpen}
            className="flex h-9 w-full items-center gap-1.5 pl-2 text-left font-semibold"
            onClick={() => setOpen(!isOpen)}
          >
            <ChevronRight
              size={14}
              aria-hidden
              className={cn('shrink-0 text-faint transition-transform', isOpen && 'rotate-90')}
            />
            {title}
            {note !== undefined && <span className="font-normal text-dim">{note}</span>}
          </button>
        </h3>
        {action}
      </div>
      {isOpen && <div className="px-3 pb-3">{children}</div>}
    </section>
  );
}
