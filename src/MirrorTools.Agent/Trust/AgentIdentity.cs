using System.Security.Cryptography.X509Certificates;

namespace MirrorTools.Agent.Trust;

/// <summary>Who this agent is: its id, and the key and self-signed certificate that prove it. Kept in the state directory.</summary>
public sealed class AgentIdentity : IDisposable
{
    private AgentIdentity(Guid agentId, string name, X509Certificate2 certificate) =>
        (AgentId, Name, Certificate) = (agentId, name, certificate);

    /// <summary>This agent's identity.</summary>
    public Guid AgentId { get; }

    /// <summary>This agent's name, a label.</summary>
    public string Name { get; }

    /// <summary>The certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>SHA-256 of the public key (SPKI), 64 lower-case hex digits: what peers pin.</summary>
    public string Fingerprint => throw new NotImplementedException();

    /// <summary>Reads the identity from <paramref name="stateDirectory"/>, or makes one there that only the agent's account can read.</summary>
    public static AgentIdentity LoadOrCreate(string stateDirectory, string name, TimeProvider time) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();
}
