import packageJson from '../../package.json' with { type: 'json' };

/** Version of Kronode, as pictures tell by which they were made. */
export const { version } = packageJson;
