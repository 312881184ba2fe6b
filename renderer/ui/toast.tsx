import { Toaster as Sonner } from 'sonner';

/** The corner where short messages appear; call `toast` of sonner to show one. */
export function Toaster() {
  return (
    <Sonner
      position="bottom-center"
      // A dialog keeps the pointer from everything else; messages lie above it.
      className="pointer-events-auto"
      // Above the control that runs, which a narrow window has in the same place.
      offset={{ bottom: 88 }}
      gap={8}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-[380px] items-start gap-2 rounded-node border border-line bg-raised px-3 py-2 text-body text-text shadow-raised',
          title: 'text-text',
          description: 'text-dim',
          actionButton: 'ml-auto shrink-0 self-center rounded-control bg-control px-2 h-6 text-accent',
        },
      }}
    />
  );
}
