"""What a school's script with paramiko does: python3 paramiko.py PORT USER KEY"""
import os, sys, paramiko
port, user, key = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ssh = paramiko.SSHClient()
ssh.set_missing_host_key_policy(paramiko.AutoAddPolicy())
ssh.connect("127.0.0.1", port, user, key_filename=key, allow_agent=False, look_for_keys=False)
sftp = ssh.open_sftp()
whole = os.urandom(3_000_000)
open("big", "wb").write(whole)
sftp.put("big", "inbound/big.dat")
sftp.put("big", "inbound/big.dat")  # Over an existing name, and stat() afterwards.
with sftp.open("inbound/pipe.dat", "wb") as f:
    f.set_pipelined(True)
    f.write(whole)
sftp.put("big", "inbound/t.dat.tmp")
sftp.posix_rename("inbound/t.dat.tmp", "inbound/pipe.dat")
with sftp.open("inbound/part.dat", "wb") as f:
    f.write(whole[:1_000_000])
with sftp.open("inbound/part.dat", "ab") as f:
    f.write(whole[1_000_000:])
with sftp.open("inbound/part.dat", "rb") as f:
    f.prefetch()
    assert f.read() == whole
sftp.truncate("inbound/part.dat", 10)
assert sftp.stat("inbound/part.dat").st_size == 10
sftp.utime("inbound/part.dat", (1_600_000_000, 1_600_000_001))
assert sftp.stat("inbound/part.dat").st_mtime == 1_600_000_001
sftp.chmod("inbound/part.dat", 0o600)
assert "big.dat" in sftp.listdir("inbound")
sftp.get("inbound/big.dat", "back")
assert open("back", "rb").read() == whole
for name in ("big.dat", "pipe.dat", "part.dat"):
    sftp.remove("inbound/" + name)
try:
    sftp.put("big", "roster.csv")
    print("NOT REFUSED")
except IOError as e:
    print("refused:", e)
ssh.close()
print("done")
