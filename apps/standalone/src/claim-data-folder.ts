import { once } from 'node:events'
import { access, constants, mkdir, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join, relative } from 'node:path'
import { AppError } from '@mooring/core'

/**
 * Makes the data folder and takes it for this process: two would end each other's database. The mark is a socket, which
 * stops answering with the process whatever ended it, so a start after a crash needs no cleaning up.
 */
export async function claimDataFolder(folder: string): Promise<{ release(): Promise<void> }> {
  try {
    // Others may pass through: the database's user must. What is secret inside is closed file by file.
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await access(folder, constants.W_OK)
  } catch (error) {
    throw new AppError(
      'CONFLICT',
      `${folder} cannot be written to. Is it another user's? Set MOORING_DATA_DIR to one of your own.`,
      {
        cause: error,
      },
    )
  }
  // Relative to where we are, since a socket's path has at most 107 bytes.
  const path = relative(process.cwd(), join(folder, 'running.sock'))
  if (await answers(path)) {
    throw new AppError(
      'CONFLICT',
      `Mooring already runs on ${folder}. Stop it first, or set MOORING_DATA_DIR to another folder.`,
    )
  }
  await rm(path, { force: true })
  const server = createServer((socket) => socket.destroy()).listen(path)
  await once(server, 'listening')
  server.unref()
  return {
    async release() {
      server.close()
      await once(server, 'close')
    },
  }
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false // ENOENT or ECONNREFUSED: nobody is there, or nobody any more.
  } finally {
    socket.destroy()
  }
}
