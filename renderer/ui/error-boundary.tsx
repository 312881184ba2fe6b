import { Component, type ReactNode } from 'react';
import { messageOf } from '../../nodes/core/errors.ts';
import { useText } from '../i18n/index.ts';
import { Button } from './button.tsx';

interface Props {
  readonly children: ReactNode;
}

/** Keeps a defect in one part of the window from taking the rest away; the documents are not in its hands. */
export class ErrorBoundary extends Component<Props, { readonly error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <Broken message={messageOf(error)} onRetry={() => this.setState({ error: undefined })} />;
  }
}

function Broken({ message, onRetry }: { readonly message: string; readonly onRetry: () => void }) {
  const t = useText();
  return (
    <div role="alert" className="grid size-full place-content-center gap-3 bg-surface p-6 text-center">
      <p className="font-semibold">{t('broken.title')}</p>
      <p className="max-w-96 text-dim">{t('broken.hint')}</p>
      <p className="max-w-96 rounded-control bg-control p-2 text-label break-words select-text">{message}</p>
      <div className="flex justify-center gap-2">
        <Button look="accent" onClick={onRetry}>
          {t('broken.retry')}
        </Button>
        <Button onClick={() => location.reload()}>{t('engine.reload')}</Button>
      </div>
    </div>
  );
}
