/** A network with its sessions, ready to run. */
export interface Network {
  /** Memory it takes at the moment beside what was expected when it was made. */
  readonly extraBytes?: number;
  dispose(): Promise<void>;
}

/** A network in memory, for those who show what is there. */
export interface ResidentNetwork {
  readonly key: string;
  readonly bytes: number;
  /** A job needs it now; it will not be dropped. */
  readonly isInUse: boolean;
}

interface Resident {
  readonly network: Promise<Network>;
  readonly bytes: number;
  /** Once it is there. */
  ready?: Network;
  users: number;
}

const bytesOf = ({ bytes, ready }: Resident): number => bytes + (ready?.extraBytes ?? 0);

/**
 * Networks that are in memory, shared by all nodes. Making room drops those that were not used for
 * longest; a network in use is never dropped, so one that is larger than the budget still runs.
 */
export class NetworkPool {
  readonly #budgetBytes: number;
  /** Map order is order of use. */
  readonly #residents = new Map<string, Resident>();
  readonly #admissions = new Map<string, Promise<Resident>>();

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /**
   * Runs `work` with the network called `key`, creating it where it is not resident.
   * @param bytes memory the network is expected to take
   */
  async use<N extends Network, T>(
    key: string,
    bytes: number,
    create: () => Promise<N>,
    work: (network: N) => Promise<T>,
  ): Promise<T> {
    const resident = this.#residents.get(key) ?? (await this.#admitOnce(key, bytes, create));
    this.#residents.delete(key);
    this.#residents.set(key, resident);
    resident.users++;
    try {
      return await work((await resident.network) as N);
    } finally {
      resident.users--;
    }
  }

  /** Whether a network is resident. */
  has(key: string): boolean {
    return this.#residents.has(key);
  }

  get budgetBytes(): number {
    return this.#budgetBytes;
  }

  /** Names and sizes of what is resident, least recently used first. */
  get residents(): readonly ResidentNetwork[] {
    return [...this.#residents].map(([key, resident]) => ({
      key,
      bytes: bytesOf(resident),
      isInUse: resident.users > 0,
    }));
  }

  async dispose(): Promise<void> {
    for (const key of [...this.#residents.keys()]) await this.#drop(key);
  }

  /** Those who ask for a network while it is made share it. */
  #admitOnce(key: string, bytes: number, create: () => Promise<Network>): Promise<Resident> {
    const known = this.#admissions.get(key);
    if (known) return known;
    const admission = this.#admit(key, bytes, create).finally(() => this.#admissions.delete(key));
    this.#admissions.set(key, admission);
    return admission;
  }

  async #admit(key: string, bytes: number, create: () => Promise<Network>): Promise<Resident> {
    await this.#makeRoom(bytes);
    const resident: Resident = { network: create(), bytes, users: 0 };
    this.#residents.set(key, resident);
    try {
      resident.ready = await resident.network;
    } catch (error) {
      this.#residents.delete(key);
      throw error;
    }
    return resident;
  }

  async #makeRoom(bytes: number): Promise<void> {
    let taken = [...this.#residents.values()].reduce((sum, resident) => sum + bytesOf(resident), 0);
    for (const [key, resident] of [...this.#residents]) {
      if (taken + bytes <= this.#budgetBytes) return;
      if (resident.users > 0) continue;
      taken -= bytesOf(resident);
      await this.#drop(key);
    }
  }

  async #drop(key: string): Promise<void> {
    const resident = this.#residents.get(key);
    this.#residents.delete(key);
    await (await resident?.network)?.dispose();
  }
}
