namespace MirrorTools.Agent.Trust;

/// <summary>A pairing code that was just made. The code is a secret: show it once, log it never.</summary>
/// <param name="Id">Names the offer, so that it can be voided; no secret.</param>
/// <param name="Code">What the other agent's admin gives to <c>New-MirrorTrust -Code</c>.</param>
/// <param name="ExpiresAt">When it stops working (UTC).</param>
public sealed record PairingOffer(ulong Id, string Code, DateTimeOffset ExpiresAt);
