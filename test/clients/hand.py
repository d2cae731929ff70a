"""One step: python3 hand.py paramiko|asyncssh PORT USER KEY upload|resume LOCAL REMOTE, or … mkdir PATH"""
import asyncio, sys
library, port, user, key, verb, *paths = sys.argv[1:]

def with_paramiko():
    import paramiko
    ssh = paramiko.SSHClient()
    ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    # With key_filename it tries other kinds of key after a refusal and tells of those.
    rsa = paramiko.RSAKey.from_private_key_file(key)
    ssh.connect("127.0.0.1", int(port), user, pkey=rsa, allow_agent=False, look_for_keys=False)
    sftp = ssh.open_sftp()
    if verb == "upload":
        sftp.put(*paths)
    elif verb == "resume":
        with open(paths[0], "rb") as local, sftp.open(paths[1], "ab") as remote:
            local.seek(sftp.stat(paths[1]).st_size)
            remote.write(local.read())
    else:
        sftp.mkdir(*paths)
    ssh.close()

async def with_asyncssh():
    import asyncssh
    login = dict(username=user, client_keys=[key], known_hosts=None, agent_path=None)
    async with asyncssh.connect("127.0.0.1", int(port), **login) as ssh:
        async with ssh.start_sftp_client() as sftp:
            if verb == "upload":
                await sftp.put(*paths)
            elif verb == "resume":
                size = (await sftp.stat(paths[1])).size
                async with sftp.open(paths[1], "ab") as remote:
                    await remote.write(open(paths[0], "rb").read()[size:])
            else:
                await sftp.mkdir(*paths)

try:
    if library == "paramiko":
        with_paramiko()
    else:
        asyncio.run(with_asyncssh())
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
