import type { MessageKey } from '../../i18n/index.ts';
import type { Keys } from './keys.ts';

type IdIn<K extends string> = K extends `cmd.${infer Id}` ? Id : never;
/** Every command has its title in the message tables, as `cmd.<id>`. */
export type CommandId = IdIn<MessageKey>;
type GroupIn<K extends string> = K extends `cmds.${infer Group}` ? Group : never;
export type CommandGroup = GroupIn<MessageKey>;

/** A part of the window with keys of its own, marked `data-scope`; it may be several at once. */
export type Scope = 'pictures' | 'gallery' | 'viewer';

/** Something a person can do. Menus, shortcuts, palette and tests all call the same one. */
export interface Command {
  readonly id: CommandId;
  readonly group: CommandGroup;
  readonly keys?: readonly Keys[];
  /** Where its keys count; absent: wherever nothing else means them. */
  readonly scope?: Scope;
  /** Whether it can be done now; absent means always. */
  readonly when?: () => boolean;
  /** For a command that switches something: whether it is on. */
  readonly isOn?: () => boolean;
  readonly run: () => void | Promise<void>;
  /** For a command that lasts as long as its keys are held: what happens when they are let go. */
  readonly release?: () => void;
}
