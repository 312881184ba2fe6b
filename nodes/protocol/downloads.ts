import { z } from 'zod';

/** A model that can be downloaded, and how far it is. */
const zDownload = z.object({
  id: z.string(),
  /** `partial`: some of it is there and nothing goes on. `checking`: files that are there are hashed. */
  state: z.enum(['absent', 'partial', 'waiting', 'checking', 'running', 'complete', 'failed']),
  doneBytes: z.number(),
  /** Known once its files were looked up. */
  totalBytes: z.number().optional(),
  bytesPerSecond: z.number().optional(),
  secondsLeft: z.number().optional(),
  /** The file that is coming in, below the folder of models. */
  file: z.string().optional(),
  message: z.string().optional(),
  hint: z.string().optional(),
});

export const zDownloads = z.object({
  /** Off until a person allows it; while off, nothing is asked of any server. */
  enabled: z.boolean(),
  mirror: z.string(),
  /** Where models go. */
  folder: z.string(),
  models: z.array(zDownload),
});

export const zDownloadPlan = z.object({
  id: z.string(),
  folder: z.string(),
  files: z.array(z.object({ target: z.string(), bytes: z.number(), present: z.boolean() })),
  totalBytes: z.number(),
  /** What would be downloaded. */
  missingBytes: z.number(),
  freeBytes: z.number(),
});

export const zDownloadSettings = z.object({ enabled: z.boolean(), mirror: z.string().max(500) });

export type DownloadState = z.output<typeof zDownload>;
export type DownloadsState = z.output<typeof zDownloads>;
export type DownloadPlan = z.output<typeof zDownloadPlan>;
export type DownloadSettings = z.output<typeof zDownloadSettings>;
