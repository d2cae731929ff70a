import com.jcraft.jsch.*;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * What a school's program with JSch does. One step: Hand PORT USER KEY upload|resume LOCAL REMOTE, or … mkdir PATH;
 * or all that there is to try: … play.
 */
public class Hand {
  public static void main(String[] words) throws Exception {
    JSch jsch = new JSch();
    Session session = null;
    try {
      jsch.addIdentity(words[2]);
      session = jsch.getSession(words[1], "127.0.0.1", Integer.parseInt(words[0]));
      session.setConfig("StrictHostKeyChecking", "no");
      session.connect();
      ChannelSftp sftp = (ChannelSftp) session.openChannel("sftp");
      sftp.connect();
      switch (words[3]) {
        case "upload": sftp.put(words[4], words[5]); break;
        case "resume": sftp.put(words[4], words[5], ChannelSftp.RESUME); break;
        case "mkdir": sftp.mkdir(words[4]); break;
        default: play(sftp);
      }
    } catch (JSchException | SftpException refused) {
      System.err.println(refused);
      System.exit(1);
    } finally {
      if (session != null) session.disconnect();
    }
  }

  static void play(ChannelSftp sftp) throws Exception {
    byte[] whole = new byte[1_000_000];
    new java.util.Random(7).nextBytes(whole);
    sftp.cd("inbound");
    sftp.put(new ByteArrayInputStream(whole), "big.dat");
    sftp.put(new ByteArrayInputStream(whole), "big.dat"); // Over an existing name.
    sftp.put(new ByteArrayInputStream(whole), "named.dat.filepart");
    sftp.rename("named.dat.filepart", "named.dat");
    sftp.put(new ByteArrayInputStream(whole, 0, 400_000), "part.dat");
    sftp.put(new ByteArrayInputStream(whole), "part.dat", ChannelSftp.RESUME);
    ByteArrayOutputStream back = new ByteArrayOutputStream();
    sftp.get("part.dat", back);
    check(Arrays.equals(whole, back.toByteArray()), "get");
    sftp.setMtime("big.dat", 1_600_000_001);
    check(sftp.stat("big.dat").getMTime() == 1_600_000_001, "setMtime");
    sftp.chmod(0600, "big.dat");
    check(sftp.ls("*.dat").size() == 3, "ls");
    for (String name : new String[] {"big.dat", "named.dat", "part.dat"}) sftp.rm(name);
    try {
      sftp.put(new ByteArrayInputStream(whole), "/roster.csv");
      System.out.println("NOT REFUSED");
    } catch (SftpException refused) {
      System.out.println("refused: " + refused.getMessage());
    }
    System.out.println("done");
  }

  static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }
}
