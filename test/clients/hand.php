<?php // One step: php hand.php PORT USER KEY upload|resume LOCAL REMOTE, or … mkdir PATH
set_include_path(get_include_path() . PATH_SEPARATOR . '/usr/share/php');
require 'phpseclib3/autoload.php';
use phpseclib3\Net\SFTP;
[$_, $port, $user, $key, $verb, $path] = $argv;
$sftp = new SFTP('127.0.0.1', (int) $port);
try {
    $rsa = phpseclib3\Crypt\PublicKeyLoader::load(file_get_contents($key));
    if (!$sftp->login($user, $rsa)) throw new Exception("login failed");
    // SFTP::RESUME alone would send the local file from its beginning to the end of the remote one.
    $at = $verb === 'resume' ? $sftp->filesize($path) : -1;
    $done = $verb === 'mkdir'
        ? $sftp->mkdir($path)
        : $sftp->put($argv[6], $path, SFTP::SOURCE_LOCAL_FILE, $at, $at);
    if (!$done) throw new Exception($sftp->getLastSFTPError());
} catch (Throwable $error) {
    fwrite(STDERR, get_class($error) . ": {$error->getMessage()}\n" . implode("\n", $sftp->getErrors()) . "\n");
    exit(1);
}
