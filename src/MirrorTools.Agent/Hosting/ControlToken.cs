using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using MirrorTools.Agent.State;

namespace MirrorTools.Agent.Hosting;

/// <summary>The bearer token of the control API, in a file that only the agent's account and administrators read.</summary>
public sealed class ControlToken
{
    private const int SecretBytes = 32;
    private readonly byte[] _digest;

    private ControlToken(string text) => _digest = SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>Reads the token, or makes one at the first start.</summary>
    public static ControlToken LoadOrCreate(string path)
    {
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: >= 43 } kept)
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return new ControlToken(kept);
        }

        var made = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        AtomicFile.Write(path, Encoding.ASCII.GetBytes(made + "\n"));
        return new ControlToken(made);
    }

    /// <summary>True where an <c>Authorization</c> header carries the token; the time it takes tells nothing about it.</summary>
    public bool Admits(string? authorization)
    {
        const string Scheme = "Bearer ";
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()), given);
        return CryptographicOperations.FixedTimeEquals(given, _digest);
    }
}
