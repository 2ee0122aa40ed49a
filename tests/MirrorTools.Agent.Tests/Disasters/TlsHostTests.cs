using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MirrorTools.Agent.Tests.Rigs;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Schedules;
using MirrorTools.Contracts.Volumes;
using MirrorTools.Testing;

namespace MirrorTools.Agent.Tests.Disasters;

/// <summary>A mirrored volume on an address that is not loopback: only by TLS, and only for clients with a certificate of the admin's authority.</summary>
[Rule("P-9")]
public sealed class TlsHostTests
{
    [SkippableFact]
    public async Task Hosts_with_a_certificate_of_the_authority_are_served_by_TLS_and_others_are_not()
    {
        Skip.IfNot(Command.Exists("nbdinfo") && Command.Exists("nbdcopy"), "libnbd-bin is not installed");
        await using TwoSites sites = await TwoSites.StartAsync();
        sites.FillSource(8 << 20);
        await sites.PairAsync(ScheduleKind.Manual);
        var refused = await Assert.ThrowsAsync<MirrorApiException>(() => MountAsync(sites, null));
        Assert.Equal(ErrorIds.AddressNotAllowed, refused.Error.ErrorId);
        var missing = await Assert.ThrowsAsync<MirrorApiException>(() => MountAsync(sites, sites.Directory["none"]));
        Assert.Equal(ErrorIds.PathNotFound, missing.Error.ErrorId);

        Issue(sites.Directory["good"]);
        Issue(sites.Directory["other"]);
        var export = await MountAsync(sites, sites.Directory["good"]);
        Assert.StartsWith("nbds://", export.Uri, StringComparison.Ordinal);
        string place = $"127.0.0.1:{export.Address!.Split(':')[^1]}/{export.ExportName}";
        string uri = $"nbds://{place}?tls-certificates={sites.Directory["good"]}";
        Assert.Contains("with TLS", Command.Run("nbdinfo", uri), StringComparison.Ordinal);
        Command.Run("nbdcopy", uri, sites.Directory["copy.img"]);
        Command.Run("cmp", sites.Source, sites.Directory["copy.img"]);
        Assert.NotEqual(0, Command.TryRun("nbdinfo", $"nbds://{place}?tls-certificates={sites.Directory["other"]}").ExitCode);
        Assert.NotEqual(0, Command.TryRun("nbdinfo", $"nbd://{place}").ExitCode);
    }

    private static Task<AttachmentInfo> MountAsync(TwoSites sites, string? certificates) => sites.Site1.Client.Volumes.MountAsync(
        TwoSites.PairName, new MountRequest { Protocol = "Nbd", Address = "0.0.0.0:0", TlsCertificates = certificates }, CancellationToken.None);

    // An authority, and from it a certificate for the server and one for its clients, in one directory under the names that NBD programs use.
    private static void Issue(string directory)
    {
        Directory.CreateDirectory(directory);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, true));
        using X509Certificate2 authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Path.Combine(directory, "ca-cert.pem"), authority.ExportCertificatePem());
        foreach ((string name, string usage) in new[] { ("server", "1.3.6.1.5.5.7.3.1"), ("client", "1.3.6.1.5.5.7.3.2") })
        {
            using ECDsa own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest leaf = new($"CN={name}", own, HashAlgorithmName.SHA256);
            leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
            SubjectAlternativeNameBuilder names = new();
            names.AddIpAddress(System.Net.IPAddress.Loopback);
            names.AddDnsName("localhost");
            leaf.CertificateExtensions.Add(names.Build());
            using X509Certificate2 issued = leaf.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(20), RandomNumberGenerator.GetBytes(8));
            File.WriteAllText(Path.Combine(directory, $"{name}-cert.pem"), issued.ExportCertificatePem());
            File.WriteAllText(Path.Combine(directory, $"{name}-key.pem"), own.ExportPkcs8PrivateKeyPem());
        }
    }
}
