// Ends everything of a folder as soon as the process that started it is gone, however it went: a shell waits at a
// pipe that closes with us, then kills each process whose working folder lies in that folder. Paused ones as well.

export interface Guard {
  /** Does now what it would do at our end, and resolves when nothing of the folder runs any more. */
  release(): Promise<void>;
}

const script = `
read -r _
tries=0
while [ $tries -lt 100 ]; do
  found=$(find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$1/*" 2>/dev/null | cut -d/ -f3)
  [ -n "$found" ] || break
  kill -9 $found 2>/dev/null
  tries=$((tries + 1))
done
[ "$2" != forget ] || rm -rf "$1"
`;

/** `forget`: the folder goes as well. */
export function guardFolder(folder: string, forget: boolean): Guard {
  const shell = Bun.spawn(["/bin/sh", "-c", script, "guard", folder, forget ? "forget" : "keep"], {
    cwd: "/",
    // A session of its own, so that Ctrl-C in a terminal does not end it before its work.
    detached: true,
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
    env: { PATH: "/usr/bin:/bin" },
  });
  shell.unref();
  return {
    release: async () => {
      shell.stdin.end();
      await shell.exited;
    },
  };
}

/** The processes whose working folder lies in `folder`. */
export function processesIn(folder: string): number[] {
  const command = ["find", "/proc", "-maxdepth", "2", "-path", "/proc/[0-9]*/cwd", "-lname", `${folder}/*`];
  const found = Bun.spawnSync(command, { stderr: "ignore" }).stdout.toString();
  return found.split("\n").flatMap((line) => (line === "" ? [] : [Number(line.split("/")[2])]));
}
