import { ImagePlus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { FileWidget } from '../../../nodes/core/inputs.ts';
import { services } from '../../app/services.ts';
import { listFiles, useFiles } from '../../engine-client/file-lists.ts';
import { tell } from '../../engine-client/run-session.ts';
import { useText } from '../../i18n/index.ts';
import { shortName } from '../../models/short-name.ts';
import { byteSize } from '../../ui/byte-size.ts';
import { Combo } from './combo.tsx';
import type { WidgetProps } from './widget-props.ts';

/** A file of one kind, by the name it has in the folders Kronode knows. */
export function FileField({ widget, value, set, label }: WidgetProps<FileWidget>) {
  const t = useText();
  const files = useFiles(widget.fileKind);
  const upload = useRef<HTMLInputElement>(null);
  const current = String(value ?? '');
  useEffect(() => {
    if (!files) void listFiles(widget.fileKind);
  }, [files, widget.fileKind]);
  const missing = files !== undefined && current !== '' && !files.some(({ name }) => name === current);
  const add = async (file: File) => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { name } = await services().session.engine.call('files/add-image', { name: file.name, bytes });
    await listFiles('image');
    set(name);
  };
  return (
    <>
      <Combo
        label={label}
        value={current}
        bad={missing || (current === '' && !widget.optional)}
        onOpen={() => void listFiles(widget.fileKind)}
        empty={t('widget.no-files')}
        options={[
          ...(widget.optional ? [{ value: '', title: t('widget.no-file') }] : []),
          ...(files ?? []).map(({ name, bytes }) => ({
            value: name,
            title: shortName(name),
            hint: shortName(name) === name ? byteSize(bytes) : `${name} · ${byteSize(bytes)}`,
            ...(widget.fileKind === 'image' && { picture: <Thumbnail name={name} /> }),
          })),
          ...(missing ? [{ value: current, hint: t('widget.file-missing') }] : []),
        ]}
        onChange={set}
        footer={
          widget.fileKind === 'image' && (
            <button type="button" className="list-footer" onClick={() => upload.current?.click()}>
              <ImagePlus size={14} />
              {t('widget.upload')}
            </button>
          )
        }
      />
      <input
        ref={upload}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        className="hidden"
        aria-hidden
        tabIndex={-1}
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) void add(file).catch(tell);
        }}
      />
    </>
  );
}

/** A small picture of an image file, fetched when it is first seen. */
function Thumbnail({ name }: { readonly name: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    let made: string | undefined;
    let gone = false;
    services()
      .session.engine.call('files/thumbnail', { kind: 'image', name })
      .then(
        (bytes) => {
          if (gone) return;
          made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
          setUrl(made);
        },
        // A list without its small pictures is still a list.
        () => undefined,
      );
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [name]);
  return url ? <img src={url} alt="" className="thumbnail" /> : <span className="thumbnail" />;
}
