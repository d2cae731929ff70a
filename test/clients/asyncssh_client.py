"""What a school's script with asyncssh does: python3 asyncssh_client.py PORT USER KEY"""
import asyncio, os, sys, asyncssh
port, user, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]

async def main():
    async with asyncssh.connect("127.0.0.1", port, username=user, client_keys=[key], known_hosts=None, agent_path=None) as ssh:
        async with ssh.start_sftp_client() as sftp:
            whole = os.urandom(2_000_000)
            open("big", "wb").write(whole)
            await sftp.put("big", "inbound/big.dat", preserve=True)
            await sftp.put("big", "inbound/big.dat")
            await sftp.put("big", "inbound/t.tmp")
            await sftp.posix_rename("inbound/t.tmp", "inbound/big.dat")
            async with sftp.open("inbound/part.dat", "wb") as f:
                await f.write(whole[:500_000])
                await f.fsync()
            async with sftp.open("inbound/part.dat", "ab") as f:
                await f.write(whole[500_000:])
            await sftp.get("inbound/part.dat", "back")
            assert open("back", "rb").read() == whole
            assert (await sftp.statvfs("/inbound")).bsize > 0
            assert "big.dat" in await sftp.listdir("inbound")
            await sftp.remove("inbound/big.dat")
            await sftp.remove("inbound/part.dat")
            try:
                await sftp.put("big", "roster.csv")
                print("NOT REFUSED")
            except asyncssh.SFTPError as e:
                print("refused:", e)
    print("done")

asyncio.run(main())
